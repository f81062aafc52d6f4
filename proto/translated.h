/* Marks texts of tables: they are translated where they are shown. */
#ifndef PROTO_TRANSLATED_H
#define PROTO_TRANSLATED_H

/* NOLINTNEXTLINE(bugprone-macro-parentheses): a literal may be several in a row */
#define N_(text) text

#endif
