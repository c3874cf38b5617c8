/* SPDX-License-Identifier: MIT */
/* An encoder in JSON: encoder_json.c has all of it but the terms. */
#ifndef REELI_ENCODER_JSON_H
#define REELI_ENCODER_JSON_H

#include "encoder.h"
#include "json_read.h"
#include "json_write.h"

/* The member "terms" of an object. */
void reeli_put_terms(reeli_json_writer *w, const reel_encoder *e);
/* Reads it into an encoder that has its inputs; their means and scales in turn into `scales`, whose
 * number is for the caller to check. False, and an error. */
bool reeli_read_terms(reeli_json *json, reel_encoder *e, reeli_buffer *scales);

#endif
