/* SPDX-License-Identifier: MIT */
/* Any bytes at all as a request to the lab: an object comes back, which is JSON, whatever they say;
 * and the same one when they are asked again. */
#include "fuzz.h"

#include "json_read.h"
#include "lab.h"

static void is_an_object(const char *answer)
{
    reel *r = reel_new_with(&(reel_options){.handler = ignore});
    reeli_json json = reeli_json_of(r, "the answer", answer);
    require(reeli_json_peek(&json) == '{' && reeli_json_skip(&json) && reeli_json_end(&json),
            answer);
    reeli_json_free(&json);
    reel_free(r);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *request = malloc(size + 1);
    require(request != NULL, "no memory");
    memcpy(request, data, size);
    request[size] = '\0';
    char *answer = lab_answer(request), *again = lab_answer(request);
    require(answer && again && strcmp(answer, again) == 0, "another answer");
    is_an_object(answer);
    free(answer);
    free(again);
    free(request);
    return 0;
}
