/* SPDX-License-Identifier: MIT */
/* An experiment as a program in C or in Python, which prints what the lab's answer says. */
#include "code.h"

#include "answers.h"

#include <reel/reel.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The name of "a=3", as the program has it, and what it is given. */
static const char *split(const char *piece, char name[LAB_PIECE], char own[LAB_PIECE])
{
    const size_t length = strcspn(piece, "=");
    snprintf(name, LAB_PIECE, "%.*s", (int)length, piece);
    lab_free_name(own, piece, length);
    return piece + length + 1;
}

static bool is_constant(const lab_experiment *e, const char *name)
{
    char all[LAB_PIECE + 2], one[LAB_PIECE + 2];
    snprintf(all, sizeof all, ",%s,", e->constants);
    snprintf(one, sizeof one, ",%s,", name);
    return strstr(all, one) != NULL;
}

static void write_inputs(lab_text *t, const lab_experiment *e, bool python)
{
    for (int i = 0; i < e->values; i++) {
        char name[LAB_PIECE], own[LAB_PIECE];
        const char *value = split(e->value[i], name, own);
        lab_write(t, python ? "%s = " : "    reel_tensor *%s = ", own);
        lab_write_value(t, value, python, e->single);
        lab_write(t, python ? "\n" : ";\n");
        if (!is_constant(e, name)) {
            lab_write(t, python ? "%s.requires_grad_()\n" : "    reel_requires_grad_(%s, true);\n",
                      own);
        }
    }
}

static void write_prints(lab_text *t, const lab_experiment *e, const char *indent, bool python)
{
    for (int i = 0; i < e->values; i++) {
        char name[LAB_PIECE], own[LAB_PIECE];
        split(e->value[i], name, own);
        if (!is_constant(e, name) && python) {
            lab_write(t, "%sprint(\"%s.grad =\", %s.grad)\n", indent, name, own);
        } else if (!is_constant(e, name)) {
            lab_write(t, "%sprint_grad(\"%s\", %s);\n", indent, name, own);
        }
    }
}

/* The names that want a gradient, with commas between them, and how many they are. */
static int write_parameters(lab_text *t, const lab_experiment *e)
{
    int count = 0;
    for (int i = 0; i < e->values; i++) {
        char name[LAB_PIECE], own[LAB_PIECE];
        split(e->value[i], name, own);
        if (!is_constant(e, name)) {
            lab_write(t, "%s%s", count++ ? ", " : "", own);
        }
    }
    return count;
}

/* A step of SGD, and where it leads. */
static void write_update(lab_text *t, const lab_experiment *e, bool python)
{
    if (e->update == 0) {
        return;
    }
    lab_write(t, python ? "torch.optim.SGD(["
                        : "    reel_step(reel_optim_sgd((reel_tensor_list){r, (reel_tensor *[]){");
    const int count = write_parameters(t, e);
    if (python) {
        lab_write(t, "], lr=%.9g).step()\n", e->update);
    } else {
        lab_write(t, "}, %d},\n        (reel_sgd_options){.lr = %.9g}));\n", count, e->update);
    }
    for (int i = 0; i < e->values; i++) {
        char name[LAB_PIECE], own[LAB_PIECE];
        split(e->value[i], name, own);
        if (!is_constant(e, name)) {
            lab_write(t,
                      python ? "print(\"%s =\", %s.detach())\n"
                             : "    printf(\"%s = %%s\\n\", reel_repr(reel_detach(%s)));\n",
                      name, own);
        }
    }
}

static void expression_in_python(lab_text *t, const lab_experiment *e)
{
    char last[LAB_PIECE] = "";
    const char *indent = e->times > 1 ? "    " : "";
    lab_write(t, "import torch\nimport torch.nn.functional as F\n\n");
    write_inputs(t, e, true);
    lab_write(t, "\n");
    if (e->times > 1) {
        lab_write(t, "for i in range(%d):\n", e->times);
    }
    lab_write_statements(t, e->program, indent, true, e->single, last);
    lab_write(t, "%s%s.backward()\n", indent, last);
    write_prints(t, e, indent, true);
    write_update(t, e, true);
}

static void expression_in_c(lab_text *t, const lab_experiment *e)
{
    char last[LAB_PIECE] = "";
    const char *indent = e->times > 1 ? "        " : "    ";
    lab_write(t, "#include <reel/reel.h>\n#include <stdio.h>\n\n"
                 "static void print_grad(const char *name, reel_tensor *t)\n{\n"
                 "    printf(\"%%s.grad = %%s\\n\", name, reel_grad(t) ? reel_repr(reel_grad(t)) : "
                 "\"None\");\n}\n\n"
                 "int main(void)\n{\n    reel *r = reel_new();\n");
    write_inputs(t, e, false);
    lab_write(t, "\n");
    if (e->times > 1) {
        lab_write(t, "    for (int i = 0; i < %d; i++) {\n", e->times);
    }
    lab_write_statements(t, e->program, indent, false, e->single, last);
    lab_write(t, "%sreel_backward(%s);\n", indent, last);
    write_prints(t, e, indent, false);
    if (e->times > 1) {
        lab_write(t, "        reel_rewind(r);\n    }\n");
    }
    write_update(t, e, false);
    lab_write(t, "\n    int failed = reel_failed(r);\n    reel_free(r);\n    return failed;\n}\n");
}

/* The points' x or y, in brackets in Python; a fraction is a float's in C. */
static void write_numbers(lab_text *t, const lab_experiment *e, int which, bool python)
{
    for (int i = 0; i < e->points; i++) {
        char number[40];
        snprintf(number, sizeof number, "%.9g", e->point[i][which]);
        const bool fraction = strcspn(number, ".e") < strlen(number);
        lab_write(t, python ? "%s[%s]" : "%s%s", i ? ", " : "", number);
        lab_write(t, "%s", fraction && !python ? "f" : "");
    }
}

/* Each part in a statement of its own: C does not say in which order a list's elements are made,
 * and each draws its weights. */
static void model_in_c(lab_text *t, const lab_experiment *e)
{
    int width = 1;
    if (e->layers == 0) {
        lab_write(t, "    reel_module *model = reel_nn_linear(r, 1, 1);\n");
        return;
    }
    for (int i = 0; i <= e->layers; i++) {
        const int next = i < e->layers ? e->hidden[i] : 1;
        lab_write(t, "    reel_module *layer%d = reel_nn_linear(r, %d, %d);\n", i + 1, width, next);
        width = next;
    }
    lab_write(t, "    reel_module *model = reel_nn_sequential(r, REEL_MODULES(");
    for (int i = 0; i < e->layers; i++) {
        lab_write(t, "layer%d, %s, ", i + 1, lab_activations[e->activation].c);
    }
    lab_write(t, "layer%d));\n", e->layers + 1);
}

static void model_in_python(lab_text *t, const lab_experiment *e)
{
    int width = 1;
    lab_write(t, e->layers ? "model = nn.Sequential(" : "model = ");
    for (int i = 0; i < e->layers; i++) {
        lab_write(t, "nn.Linear(%d, %d), %s, ", width, e->hidden[i],
                  lab_activations[e->activation].python);
        width = e->hidden[i];
    }
    lab_write(t, "nn.Linear(%d, 1)%s\n", width, e->layers ? ")" : "");
}

/* loss = …, and what is added to it. */
static void write_loss(lab_text *t, const lab_experiment *e, bool python)
{
    const lab_choice *loss = &lab_losses[e->loss];
    if (python) {
        lab_write(t, "    loss = F.%s(y_pred, y_true%s)\n", loss->python,
                  e->total ? ", reduction=\"sum\"" : "");
    } else {
        lab_write(t, "        reel_tensor *loss = reel_%s%s);\n", loss->c,
                  e->total ? "REEL_SUM" : "REEL_MEAN");
    }
    if (e->penalty > 0) {
        lab_write(t,
                  python ? "    loss = loss + %.9g * model.weight.abs().sum()\n"
                         : "        loss = reel_add(loss, reel_mul_scalar(\n            "
                           "reel_sum(reel_abs(reel_parameter(model, \"weight\"))), %.9g));\n",
                  e->penalty);
    }
}

static void write_clip(lab_text *t, const lab_experiment *e, bool python)
{
    if (e->clip > 0) {
        lab_write(t,
                  python ? "    nn.utils.clip_grad_norm_(model.parameters(), %.9g)\n"
                         : "        reel_clip_grad_norm(reel_parameters(model), %.9g,\n            "
                           "(reel_clip_options){0});\n",
                  e->clip);
    }
}

/* What parameters begin with, where that is not what was drawn. */
static void write_init(lab_text *t, const lab_experiment *e, bool python)
{
    if (e->init && python) {
        lab_write(t, "for p in model.parameters():\n    nn.init.constant_(p, %s)\n",
                  lab_inits[e->init].python);
    } else if (e->init) {
        lab_write(t,
                  "    reel_tensor_list all = reel_parameters(model);\n"
                  "    for (size_t i = 0; i < all.count; i++) {\n"
                  "        reel_init_constant(all.tensors[i], %s);\n    }\n",
                  lab_inits[e->init].c);
    }
    if (e->starts) {
        lab_write(t,
                  python ? "nn.init.constant_(model.weight, %.9g)\n"
                           "nn.init.constant_(model.bias, %.9g)\n"
                         : "    reel_init_constant(reel_parameter(model, \"weight\"), %.9g);\n"
                           "    reel_init_constant(reel_parameter(model, \"bias\"), %.9g);\n",
                  e->start[0], e->start[1]);
    }
}

/* ", momentum=0.9" in the words of the language. */
static void write_option(lab_text *t, const char *name, double value, bool python)
{
    if (value != 0) {
        lab_write(t, python ? ", %s=%.9g" : ", .%s = %.9g", name, value);
    }
}

/* Adam has no momentum. */
static void write_optimizer(lab_text *t, const lab_experiment *e, bool python)
{
    const lab_choice *o = &lab_optimizers[e->optimizer];
    if (python) {
        lab_write(t, "optimizer = torch.optim.%s(model.parameters(), lr=%.9g", o->python, e->lr);
    } else {
        lab_write(t,
                  "    reel_optimizer *optimizer = reel_optim_%s(reel_parameters(model),\n"
                  "        (reel_%s_options){.lr = %.9g",
                  o->c, o->c, e->lr);
    }
    write_option(t, "momentum", e->optimizer == LAB_ADAM ? 0 : e->momentum, python);
    write_option(t, "weight_decay", e->weight_decay, python);
    lab_write(t, python ? ")\n" : "});\n");
    if (e->gamma != 1) {
        lab_write(t,
                  python ? "scheduler = torch.optim.lr_scheduler.ExponentialLR(optimizer, "
                           "gamma=%.9g)\n"
                         : "    reel_scheduler *scheduler = reel_lr_exponential(optimizer,\n"
                           "        (reel_lr_exponential_options){.gamma = %.9g});\n",
                  e->gamma);
    }
}

static void training_in_python(lab_text *t, const lab_experiment *e)
{
    lab_write(t,
              "import torch\nimport torch.nn as nn\nimport torch.nn.functional as F\n\n"
              "torch.manual_seed(%llu)\nx = torch.tensor([",
              (unsigned long long)e->seed);
    write_numbers(t, e, 0, true);
    lab_write(t, "], dtype=torch.float32)\ny_true = torch.tensor([");
    write_numbers(t, e, 1, true);
    lab_write(t, "], dtype=torch.float32)%s\n\n", e->flat ? ".squeeze(1)" : "");
    model_in_python(t, e);
    write_init(t, e, true);
    write_optimizer(t, e, true);
    lab_write(t, "\nfor epoch in range(%d):\n    y_pred = model(x)\n", e->steps);
    write_loss(t, e, true);
    lab_write(t, "%s    loss.backward()\n", e->zero_grad ? "    optimizer.zero_grad()\n" : "");
    write_clip(t, e, true);
    lab_write(t, "    optimizer.step()\n%s    print(f\"Epoch {epoch + 1}, Loss: {loss.item()}\")\n",
              e->gamma != 1 ? "    scheduler.step()\n" : "");
}

static void training_in_c(lab_text *t, const lab_experiment *e)
{
    lab_write(t,
              "#include <reel/reel.h>\n#include <stdio.h>\n\nint main(void)\n{\n"
              "    reel *r = reel_new();\n    reel_manual_seed(r, %llu);\n"
              "    reel_tensor *x = reel_from_f32(r, (float[]){",
              (unsigned long long)e->seed);
    write_numbers(t, e, 0, false);
    lab_write(t, "}, REEL_SHAPE(%d, 1));\n    reel_tensor *y_true = reel_from_f32(r, (float[]){",
              e->points);
    write_numbers(t, e, 1, false);
    lab_write(t, e->flat ? "}, REEL_SHAPE(%d));\n\n" : "}, REEL_SHAPE(%d, 1));\n\n", e->points);
    model_in_c(t, e);
    write_init(t, e, false);
    write_optimizer(t, e, false);
    lab_write(t,
              "\n    for (int epoch = 0; epoch < %d; epoch++) {\n"
              "        reel_tensor *y_pred = reel_forward(model, x);\n",
              e->steps);
    write_loss(t, e, false);
    lab_write(t, "%s        reel_backward(loss);\n",
              e->zero_grad ? "        reel_zero_grad(optimizer);\n" : "");
    write_clip(t, e, false);
    lab_write(t, "        reel_step(optimizer);\n%s",
              e->gamma != 1 ? "        reel_scheduler_step(scheduler);\n" : "");
    lab_write(t, "        printf(\"Epoch %%d, Loss: %%s\\n\", epoch + 1, reel_item_repr(loss));\n"
                 "        reel_rewind(r);\n    }\n\n    int failed = reel_failed(r);\n"
                 "    reel_free(r);\n    return failed;\n}\n");
}

char *lab_code(const lab_experiment *e, bool python)
{
    lab_text t = {0};
    if (e->training) {
        (python ? training_in_python : training_in_c)(&t, e);
    } else {
        (python ? expression_in_python : expression_in_c)(&t, e);
    }
    if (t.failed) {
        free(t.text);
    }
    return t.failed ? NULL : t.text;
}
