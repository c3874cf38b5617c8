/* SPDX-License-Identifier: MIT */
/* json_value FILE [KEY]...: the value that the keys lead to in a JSON file, a number in an array
 * being its place. Fails if the file is not one JSON value, or there is nothing there. */
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>

int main(int argc, char **argv)
{
    json_error_t error;
    json_t *root = argc > 1 ? json_load_file(argv[1], JSON_REJECT_DUPLICATES, &error) : NULL;
    const json_t *it = root;
    for (int i = 2; it && i < argc; i++) {
        it = json_is_array(it) ? json_array_get(it, (size_t)atoi(argv[i]))
                               : json_object_get(it, argv[i]);
    }
    if (json_is_string(it)) {
        puts(json_string_value(it));
    } else if (it) {
        json_dumpf(it, stdout, JSON_ENCODE_ANY | JSON_COMPACT | JSON_REAL_PRECISION(17));
        putchar('\n');
    }
    json_decref(root);
    return it ? 0 : 1;
}
