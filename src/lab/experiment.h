/* SPDX-License-Identifier: MIT */
/*
 * An experiment as JSON: an expression, or a training of a line or a small network on points.
 *
 *   {"kind": "expression", "program": "b = a + a; c = b * b", "values": ["a=3"],
 *    "constants": "x,t", "dtype": "float64", "times": 1, "nudges": "a", "update": 0}
 *   {"kind": "training", "points": [[1, 2], [2, 4]], "hidden": [8], "activation": "tanh",
 *    "loss": "l1", "reduction": "mean", "optimizer": "sgd", "lr": 0.01, "momentum": 0,
 *    "zero_grad": true, "start": [0, 0], "seed": 0, "steps": 100, "target": "column",
 *    "init": "default", "clip": 0, "penalty": 0, "weight_decay": 0, "gamma": 1}
 *
 * target: the shape of y_true, (n, 1) or, "flat", (n,). init: what parameters begin with, as
 * PyTorch draws them, zeros, or halves. clip: the norm that the gradients are cut to. penalty: of
 * a line, what |weight| counts in the loss. weight_decay: the optimizer's. 0 is none. gamma: what
 * the learning rate is multiplied by after each step.
 *
 * nudges: the value whose slope is to be shown by nudges of many sizes. update: the learning rate
 * of a step of plain SGD in the end; 0: none.
 * All but the kind and the program may be left out: then it is as the tutorial has it.
 */
#ifndef LAB_EXPERIMENT_H
#define LAB_EXPERIMENT_H

#include "json_read.h"

enum {
    LAB_PROGRAM = 4096, /* bytes of a program */
    LAB_PIECES = 32,    /* names with numbers, and the program */
    LAB_PIECE = 256,
    LAB_POINTS = 64,
    LAB_LAYERS = 2,
    LAB_WIDTH = 32, /* of a hidden layer */
    LAB_STEPS = 5000
};

/* One of a few, by its name. */
typedef struct lab_choice {
    const char *name, *python, *c; /* and what it is called in a program */
} lab_choice;

extern const lab_choice lab_activations[], lab_losses[], lab_optimizers[], lab_inits[];
enum { LAB_L1, LAB_MSE, LAB_HUBER, LAB_SMOOTH_L1 };
enum { LAB_TANH, LAB_RELU, LAB_SIGMOID };
enum { LAB_SGD, LAB_ADAM, LAB_RMSPROP };
enum { LAB_DEFAULT, LAB_ZEROS, LAB_HALVES };

typedef struct lab_experiment {
    bool training;
    /* an expression */
    char program[LAB_PROGRAM], value[LAB_PIECES][LAB_PIECE], constants[LAB_PIECE];
    int values;
    bool single;            /* float32 */
    int times;              /* how often backward runs, gradients adding up */
    char nudges[LAB_PIECE]; /* a value's name; "": none */
    double update;          /* the learning rate of a step at the end; 0: none */
    /* a training */
    double point[LAB_POINTS][2];
    int points, hidden[LAB_LAYERS], layers, activation, loss, optimizer, steps;
    double lr, momentum, clip, penalty, weight_decay, gamma; /* what lr is multiplied by */
    double start[2];                                         /* a line's weight and bias */
    int init;
    bool starts, zero_grad, total, flat; /* the loss's sum; targets (n,) */
    uint64_t seed;
} lab_experiment;

/* False, and the reel's error, where it is none. */
bool lab_read_experiment(reeli_json *json, lab_experiment *e);

/* What is not as the tutorial has it, of what is seldom changed: ", 2 hidden layers, without
 * zero_grad, sum over the points"; "" if nothing is. */
void lab_other_settings(const lab_experiment *e, char text[LAB_PIECE]);

#endif
