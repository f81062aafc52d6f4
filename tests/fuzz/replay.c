/* Runs a fuzz target over the files of a folder, where there is no libFuzzer. */
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

enum { INPUT_MAX = 1 << 20 };

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length);

/* Of the input's exact size, so that a sanitizer sees one byte read too many. */
static int replay(const char *path)
{
    FILE *file = fopen(path, "rb");
    uint8_t *room = malloc(INPUT_MAX);
    if (!file || !room)
        return -1;
    size_t length = fread(room, 1, INPUT_MAX, file);
    uint8_t *input = realloc(room, length ? length : 1);
    fclose(file);
    LLVMFuzzerTestOneInput(input ? input : room, length);
    free(input);
    return 0;
}

/* A corpus that is missing or empty must not pass for one that was replayed. */
int main(int argc, char **argv)
{
    char path[4096];
    unsigned count = 0;
    DIR *folder = argc == 2 ? opendir(argv[1]) : NULL;
    if (!folder) {
        fprintf(stderr, "usage: %s CORPUS\n", argv[0]);
        return EXIT_FAILURE;
    }
    for (struct dirent *entry; (entry = readdir(folder));) {
        if (entry->d_name[0] == '.')
            continue;
        snprintf(path, sizeof(path), "%s/%s", argv[1], entry->d_name);
        if (replay(path)) {
            perror(path);
            return EXIT_FAILURE;
        }
        count++;
    }
    closedir(folder);
    printf("%u inputs\n", count);
    return count ? EXIT_SUCCESS : EXIT_FAILURE;
}
