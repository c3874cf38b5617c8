/* SPDX-License-Identifier: MIT */
/* Chapter 2: the chain rule in plain C. */

/* d loss / d each of them */
typedef struct gradients {
    double w, x, b, t;
} gradients;

/* (tanh(w x + b) - t)^2, and its gradients. */
double neuron(double w, double x, double b, double t, gradients *g);
/* The same with 1 / (1 + exp(-s)) in place of tanh(s). */
double sigmoid_neuron(double w, double x, double b, double t, gradients *g);
