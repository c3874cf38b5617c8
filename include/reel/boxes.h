/* SPDX-License-Identifier: MIT */
/*
 * Boxes in images: how much they overlap, losses made of that, other ways to write them down, and
 * which of many to keep.
 *
 * A box is (x1, y1, x2, y2), two corners, with x1 ≤ x2 and y1 ≤ y2, unless a format says otherwise.
 *
 * Shape:    boxes (N, 4); pairs of a (N, 4) and b (M, 4) make (N, M), losses pair row with row.
 * dtype:    float32 or float64, the same for all operands.
 * Gradient: to all boxes, unless the result is a list of indices.
 * Owner:    the result lives until `reel_rewind`.
 * Fails:    poison; REEL_ERR_SHAPE for other shapes, REEL_ERR_VALUE for a word or number out of
 *           range, REEL_ERR_DTYPE for other dtypes.
 */
#ifndef REEL_BOXES_H
#define REEL_BOXES_H

#include <reel/loss.h>
#include <reel/tensor.h>

#ifdef __cplusplus
extern "C" {
#endif

/** (x2 - x1)(y2 - y1), of each. Source: torchvision.ops.box_area. */
REEL_API reel_tensor *reel_box_area(reel_tensor *boxes);
/** Intersection over union, of each pair. Source: torchvision.ops.box_iou. */
REEL_API reel_tensor *reel_box_iou(reel_tensor *a, reel_tensor *b);
/** IoU - (C - U) / C, C being the area of the smallest box around both, U their union. Source:
 *  torchvision.ops.generalized_box_iou; Rezatofighi et al., 2019. */
REEL_API reel_tensor *reel_generalized_box_iou(reel_tensor *a, reel_tensor *b);
/** IoU - d² / (c² + eps), d being the distance of the centres and c the diagonal of the box around
 *  both. PyTorch's eps is 1e-7. Source: torchvision.ops.distance_box_iou; Zheng et al., 2020. */
REEL_API reel_tensor *reel_distance_box_iou(reel_tensor *a, reel_tensor *b, double eps);
/** The same less α v, v = 4 (atan(w/h) - atan(w'/h'))² / π² and α = v / (1 - IoU + v + eps), which
 *  gets no gradient. Source: torchvision.ops.complete_box_iou. */
REEL_API reel_tensor *reel_complete_box_iou(reel_tensor *a, reel_tensor *b, double eps);

/** 1 - generalized IoU of each row's boxes, reduced; of no rows the mean is 0. torchvision's eps,
 *  which keeps quotients finite, is 1e-7. Source: torchvision.ops.generalized_box_iou_loss. */
REEL_API reel_tensor *reel_generalized_box_iou_loss(reel_tensor *a, reel_tensor *b,
                                                    reel_reduction reduction, double eps);
/** 1 - distance IoU, likewise. Source: torchvision.ops.distance_box_iou_loss. */
REEL_API reel_tensor *reel_distance_box_iou_loss(reel_tensor *a, reel_tensor *b,
                                                 reel_reduction reduction, double eps);
/** 1 - complete IoU, likewise; eps is that of α alone. Source:
 * torchvision.ops.complete_box_iou_loss. */
REEL_API reel_tensor *reel_complete_box_iou_loss(reel_tensor *a, reel_tensor *b,
                                                 reel_reduction reduction, double eps);

/**
 * Binary cross entropy of logits whose easy terms count less: α_t (1 - p_t)^γ ln(1 / p_t), p_t
 * being the probability of the target and α_t alpha for targets of 1, else 1 - alpha; no α_t if
 * alpha is negative.
 *
 * Shape:  input and target alike.
 * Source: torchvision.ops.sigmoid_focal_loss, whose alpha is 0.25 and gamma 2; Lin et al., 2017.
 */
REEL_API reel_tensor *reel_sigmoid_focal_loss(reel_tensor *input, reel_tensor *target, double alpha,
                                              double gamma, reel_reduction reduction);

/** How a box is written down. */
typedef enum reel_box_format {
    REEL_BOX_XYXY,  /**< two corners */
    REEL_BOX_XYWH,  /**< a corner, width and height */
    REEL_BOX_CXCYWH /**< the centre, width and height */
} reel_box_format;
/** Boxes (…, 4) in another format. Source: torchvision.ops.box_convert. */
REEL_API reel_tensor *reel_box_convert(reel_tensor *boxes, reel_box_format from,
                                       reel_box_format to);
/** Boxes (…, 4) without what lies outside of an image of height and width. Source:
 *  torchvision.ops.clip_boxes_to_image. */
REEL_API reel_tensor *reel_clip_boxes_to_image(reel_tensor *boxes, double height, double width);

/**
 * Which boxes to keep: from the highest score down, those that overlap no kept one by an IoU of
 * more than the threshold (non-maximum suppression). Of equal scores the first box comes first.
 *
 * Shape:  scores (N,); the result (kept,), int64, in the order of the scores.
 * Fails:  REEL_ERR_STATE while a step is captured: how many are kept follows from values.
 * Source: torchvision.ops.nms.
 */
REEL_API reel_tensor *reel_nms(reel_tensor *boxes, reel_tensor *scores, double iou_threshold);
/** The same apart for each class, int64 (N,). Source: torchvision.ops.batched_nms. */
REEL_API reel_tensor *reel_batched_nms(reel_tensor *boxes, reel_tensor *scores,
                                       reel_tensor *classes, double iou_threshold);
/** Which boxes are at least so wide and so high, in their order. Fails: as `reel_nms`. Source:
 *  torchvision.ops.remove_small_boxes. */
REEL_API reel_tensor *reel_remove_small_boxes(reel_tensor *boxes, double min_size);

#ifdef __cplusplus
}
#endif

#endif
