/* SPDX-License-Identifier: MIT */
/* Any bytes at all as an encoder in JSON: it is refused with a reason, or written again and read
 * again it is the same. */
#include "fuzz.h"

enum { MEMORY = 256 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    budget memory;
    reel *r = reel_within(&memory, size, MEMORY);
    char *text = malloc(size + 1);
    require(text != NULL, "no memory for the input");
    memcpy(text, data, size);
    text[size] = '\0';
    reel_encoder *e = reel_encoder_from_json(r, text);
    require((e == NULL) == reel_failed(r), "no encoder without an error, or the other way");
    if (e) {
        const char *written = reel_encoder_to_json(e);
        reel_encoder *again = reel_encoder_from_json(r, written);
        require(again != NULL, reel_error(r));
        require(strcmp(reel_encoder_to_json(again), written) == 0, "another encoder came back");
        for (size_t i = 0; i < reel_encoder_features(e); i++) {
            require(reel_encoder_feature_name(e, i) && reel_encoder_scale(e, i) > 0,
                    "a feature without a name or scale");
            reel_rewind(r);
        }
    }
    free(text);
    reel_free(r);
    return 0;
}
