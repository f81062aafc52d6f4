/* Marks texts of tables: they are translated where they are shown. */
#ifndef PROTO_TRANSLATED_H
#define PROTO_TRANSLATED_H

#define N_(text) (text)

#endif
