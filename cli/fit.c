/* SPDX-License-Identifier: MIT */
/* reel fit: from a table to a model in a file. */
#include "calibration.h"
#include "column_names.h"
#include "commands.h"
#include "counted.h"
#include "decay_trials.h"
#include "doubts.h"
#include "fitting.h"
#include "html_report.h"
#include "line_solver.h"
#include "optimizers.h"
#include "outputs.h"
#include "plot.h"
#include "together.h"
#include "whitening.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* A model that cannot be kept is worth knowing of before it is trained. */
static bool check_path(session *s, const options *o)
{
    const char *path = fit_path(o);
    struct stat status;
    if (!output_check(s, o, path)) {
        return false;
    }
    if (!o->force && stat(path, &status) == 0 && S_ISREG(status.st_mode) && !model_is_one(path)) {
        return complain(s,
                        "%s: there is a file of that name, and it is no model: give another "
                        "name by --out, or --force to replace it",
                        path);
    }
    return true;
}

static bool check_picture(session *s, const options *o, const char *path)
{
    char message[PLOT_MESSAGE];
    return !path ||
           (output_check(s, o, path) && (plot_check(path, message) || complain(s, "%s", message)));
}

/* All that can be known to fail before hours are spent. */
static bool check_outputs(session *s, const options *o)
{
    return (o->no_save || check_path(s, o)) && output_check(s, o, o->report) &&
           output_may_replace(s, o, o->report, "reel fit", false) && check_picture(s, o, o->plot) &&
           check_picture(s, o, o->plot_predictions);
}

/* The name of a column that may be given by its number. */
static const char *meant_name(const reel_table *table, const char *text)
{
    int64_t column = reel_table_look_up(table, text);
    return column < 0 ? text : reel_table_name(table, (size_t)column);
}

static bool read_tables(fitting *it)
{
    options *o = it->o;
    bool doubles =
        optimizer_is_full_batch(o->optimizer) || (!o->hidden_count && !file_is_large(o->files[0]));
    o->dtype = o->dtype >= 0 ? o->dtype : doubles;
    it->model.shape.dtype = o->dtype == 1 ? REEL_F64 : REEL_F32;
    it->table = read_table(it->s, o, o->files, (size_t)o->file_count, &it->model);
    o->target = it->table ? meant_name(it->table, o->target) : o->target;
    if (it->table && o->weights &&
        column_meant(it->s, it->table, "--weights", o->weights, "") < 0) {
        return false;
    }
    if (it->table && o->weights && !o->features.count && !options_drop(o, o->weights)) {
        return complain(it->s, "there is no memory for the columns' names");
    }
    if (!it->table || !fit_find_target(it->s, it->table, o->target, &it->target) ||
        !rows_choose(it->s, o, it->table, it->target, &it->rows)) {
        return false;
    }
    if (!loss_choose(it->s, o, it->table, it->target, it->rows.train)) {
        return false;
    }
    if (o->test) {
        size_t column = 0;
        it->test_table = read_table(it->s, o, &o->test, 1, &it->model);
        if (!it->test_table || !fit_find_target(it->s, it->test_table, o->target, &column)) {
            return false;
        }
        return rows_with_target(it->s, it->test_table, column, &it->rows.test) &&
               rows_list(it->s, it->test_table, &it->rows.test);
    }
    return true;
}

/* The rows' weights, whose mean is 1; NULL, and a message. */
static series *weights_of(fitting *it, reel_tensor *rows, double *mean)
{
    const options *o = it->o;
    int64_t column = reel_table_look_up(it->table, o->weights);
    if (reel_table_is_text(it->table, (size_t)column)) {
        complain(it->s, "%s: --weights: column '%s' holds text", o->files[0], o->weights);
        return NULL;
    }
    series *w = column_series(it->s, it->table, (size_t)column, rows);
    double sum = 0;
    int64_t bad = -1;
    for (int64_t i = 0; w && i < w->n; i++) {
        const double x = series_at(w, i);
        bad = bad < 0 && !(x >= 0) ? rows_at(rows, i) : bad;
        sum += x;
    }
    if (bad >= 0) {
        complain(it->s, "%s:%" PRId64 ": column '%s': a weight has to be a number from 0 on",
                 reel_table_row_path(it->table, bad), reel_table_line(it->table, bad), o->weights);
    } else if (w && !(sum > 0)) {
        complain(it->s, "%s: all weights are 0", o->files[0]);
    }
    bool done = w && bad < 0 && sum > 0;
    for (int64_t i = 0; done && i < w->n; i++) {
        done = series_set(w, i, series_at(w, i) * ((double)w->n / sum));
    }
    *mean = w ? sum / (double)w->n : 0;
    if (!done) {
        series_free(w);
    }
    return done ? w : NULL;
}

/* Rows as the net takes them in, with their targets and weights; false, and a message. */
static bool encode_rows(fitting *it, reel_tensor *rows, samples *to, double *weight_mean)
{
    series *weights = it->o->weights ? weights_of(it, rows, weight_mean) : NULL;
    if (it->o->weights && !weights) {
        return false;
    }
    *to = model_samples(it->s, &it->model, it->table, rows, weights);
    series_free(weights);
    return to->x != NULL;
}

static bool encode(fitting *it)
{
    const options *o = it->o;
    reel_encoder_options how = {.target = o->target,
                                .features = o->features.texts,
                                .feature_count = o->features.count,
                                .drop = o->drop.texts,
                                .drop_count = o->drop.count,
                                .refuse_missing = o->missing == 1,
                                .max_categories = o->max_categories,
                                .terms = o->terms,
                                .date_formats = o->date_formats.texts,
                                .date_format_count = o->date_formats.count,
                                .date_parts = o->dates,
                                .target_transform = (reel_transform)o->transform,
                                .robust_target = o->loss != LOSS_MSE,
                                .team = together_team(it->s)};
    if (o->loss == LOSS_BCE || o->loss == LOSS_POISSON) {
        how.target_transform = o->loss == LOSS_BCE ? REEL_TRANSFORM_LOGISTIC : REEL_TRANSFORM_RATE;
    } else if (o->loss == LOSS_CROSS_ENTROPY) {
        how.target_transform = REEL_TRANSFORM_CLASS;
    }
    reel_encoder *encoder = reel_encoder_fit(it->table, it->rows.train, how);
    it->model.encoder = encoder;
    if (!encoder) {
        return false;
    }
    double unused;
    return encode_rows(it, it->rows.train, &it->samples, &it->weight_mean) &&
           (!it->rows.validation || encode_rows(it, it->rows.validation, &it->validation, &unused));
}

static bool make_net(fitting *it)
{
    const options *o = it->o;
    network_shape *shape = &it->model.shape;
    shape->features = (int64_t)reel_encoder_features(it->model.encoder);
    shape->hidden_count = o->hidden_count;
    memcpy(shape->hidden, o->hidden, sizeof shape->hidden);
    shape->activation = o->activation;
    shape->dropout = o->dropout;
    shape->outputs = (int64_t)reel_encoder_classes(it->model.encoder);
    if (o->loss == LOSS_QUANTILE && o->quantile_count > 1) {
        memcpy(it->model.quantiles, o->quantiles, sizeof it->model.quantiles);
        shape->quantiles = it->model.quantiles;
        shape->quantile_count = o->quantile_count;
        shape->outputs = (int64_t)o->quantile_count;
    }
    it->model.no_intercept = o->no_intercept;
    it->model.net = network_new(it->s->r, shape);
    return it->model.net != NULL;
}

/* How it was trained, for the model's file; false, and a message, without memory. */
static bool describe_training(fitting *it)
{
    const options *o = it->o;
    reeli_json_writer w = {.r = it->s->r};
    reeli_json_put_open(&w, NULL, '{');
    reeli_json_put_integer(&w, "rows", rows_count(it->table, it->rows.train));
    reeli_json_put_text(&w, "loss", loss_names[o->loss]);
    if (o->loss == LOSS_QUANTILE) {
        reeli_json_put_number(&w, "quantile", o->quantile);
    }
    if (o->loss == LOSS_HUBER || o->loss == LOSS_SMOOTH_L1) {
        reeli_json_put_number(&w, "delta", o->delta);
    }
    reeli_json_put_text(&w, "optimizer", optimizer_names[o->optimizer]);
    reeli_json_put_number(&w, "lr", o->lr);
    reeli_json_put_text(&w, "schedule", schedule_names[o->schedule]);
    reeli_json_put_integer(&w, "epochs", it->training.epochs);
    reeli_json_put_integer(&w, "batch_size", o->batch_size);
    if (together_pieces(it->s)) {
        reeli_json_put_integer(&w, "pieces", together_pieces(it->s));
    }
    reeli_json_put_integer(&w, "seed", o->seed);
    if (o->repeat) {
        reeli_json_put_integer(&w, "network_seed", it->seed);
    }
    reeli_json_put_number(&w, "weight_decay", o->weight_decay);
    reeli_json_put_number(&w, "l1_penalty", o->l1_penalty);
    reeli_json_put_close(&w, '}');
    bool done = model_set_training(it->s, &it->model, &w);
    reeli_json_writer_free(&w);
    return done;
}

/* What was decided, before it takes its time. */
static void say_what_it_does(const fitting *it)
{
    const options *o = it->o;
    char shape[16 * MAX_HIDDEN];
    shape_text(&it->model.shape, shape, sizeof shape);
    char others[40] = "";
    if (o->file_count > 1) {
        snprintf(others, sizeof others, " and %d more", o->file_count - 1);
    }
    printf("%s%s: %s and %s\n", o->files[0], others,
           REELI_COUNTED(reel_table_rows(it->table), "row"),
           REELI_COUNTED(reel_table_columns(it->table), "column"));
    printf("rows: %s to train on", thousands(rows_count(it->table, it->rows.train)));
    if (it->rows.validation) {
        printf(", %s to validate on", thousands(reel_numel(it->rows.validation)));
    }
    if (it->rows.calibration) {
        printf(", %s to calibrate on", thousands(reel_numel(it->rows.calibration)));
    }
    if (it->rows.test) {
        printf(", %s to test on\n", thousands(reel_numel(it->rows.test)));
    } else {
        printf("; none held out to test on (--test-fraction 0.2 would)\n");
    }
    const char *kind = model_kind(&it->model);
    printf("model: %s, %s, %s\n", shape, kind,
           REELI_COUNTED(reel_parameter_count(it->model.net), "parameter"));
    printf("training: %s loss, %s", loss_names[o->loss], optimizer_names[o->optimizer]);
    if (optimizer_is_full_batch(o->optimizer)) {
        printf(" over all rows, at most %s\n", REELI_COUNTED(o->epochs, "step"));
    } else {
        printf(", learning rate %g (schedule: %s), batches of %s, %s\n", o->lr,
               schedule_names[o->schedule], thousands(o->batch_size),
               REELI_COUNTED(o->epochs, "epoch"));
    }
    if ((o->weight_decay > 0 && !it->trials) || o->l1_penalty > 0) {
        const char *comma = o->weight_decay > 0 ? ", " : "";
        printf("penalties: ");
        o->weight_decay > 0 ? printf("weight decay %g", o->weight_decay) : 0;
        o->l1_penalty > 0 ? printf("%sL1 %g", comma, o->l1_penalty) : 0;
        putchar('\n');
    }
    fflush(stdout);
}

/* Trains what `net` is; afterwards says on standard error why it ended early. */
static bool train_net(fitting *it, reel_module *net)
{
    training *t = &it->training;
    *t = (training){.session = it->s,
                    .o = it->o,
                    .net = net,
                    .x = it->samples.x,
                    .y = it->samples.y,
                    .weight_mean = it->weight_mean,
                    .validation_x = it->validation.x,
                    .validation_y = it->validation.y};
    t->progress = progress_begin(stderr, it->o->epochs, rows_count(it->table, it->rows.train),
                                 progress_mode_of(it->o));
    bool done = train(t);
    char why[160] = "";
    if (t->annealed_from && !t->interrupted) {
        snprintf(why, sizeof why,
                 "patience ended after %s; then all rows, the learning rate falling to 0 from the "
                 "best model on: %s",
                 REELI_COUNTED(t->annealed_from, "epoch"),
                 REELI_COUNTED(t->epochs - t->annealed_from, "epoch"));
    } else if (t->why) {
        snprintf(why, sizeof why, "%s after %s%s", t->why, REELI_COUNTED(t->epochs, "epoch"),
                 t->best ? "; the best model is kept" : "");
    }
    progress_end(t->progress, *why ? why : NULL);
    return done;
}

/* Chooses what trials can tell. If they are interrupted, their last net is the model. */
static bool try_decays(fitting *it)
{
    training trial = {
        .session = it->s, .o = it->o, .net = it->model.net, .x = it->samples.x, .y = it->samples.y};
    if (!trials_choose_decay(it->o, &it->model.shape, &trial)) {
        return false;
    }
    if (!it->o->json && !it->o->quiet) {
        printf(
            "weight decay: %g, by trials on parts of the rows: the strongest within one standard "
            "error of the best\n",
            it->o->weight_decay);
        fflush(stdout);
    }
    it->training = trial;
    if (trial.interrupted) {
        fprintf(stderr, "interrupted after %s of a trial\n", REELI_COUNTED(trial.epochs, "epoch"));
    }
    return true;
}

static bool train_network(fitting *it)
{
    if (it->trials && !try_decays(it)) {
        return false;
    }
    return (it->training.interrupted || train_net(it, it->model.net)) &&
           (it->o->loss != LOSS_QUANTILE ||
            calibrate_quantiles(it->s, &it->model, it->table, it->rows.calibration, it->o));
}

/* What the network that is trained has come to: by this one is chosen. */
static double loss_of(const fitting *it)
{
    const training *t = &it->training;
    double least = (double)INFINITY;
    for (int64_t i = 0; it->validation.x && i < t->epochs; i++) {
        least = fmin(least, t->validation_losses[i]);
    }
    return it->validation.x ? least
                            : network_mean_loss(it->o, it->model.net, it->samples.x, it->samples.y);
}

/* Of one seed: behind the training in a job's result. */
typedef struct seed_outcome {
    double loss;
    metrics measured; /* on the rows to test on, if there are any */
} seed_outcome;

static seed_outcome *outcome_of(const job_result *result)
{
    return training_more_of(result, sizeof(seed_outcome));
}

static bool finish_seed(fitting *it, job_result *result)
{
    const bool test = it->rows.test != NULL;
    reel_table *table = test && it->test_table ? it->test_table : it->table;
    if (!training_to_result(&it->training, sizeof(seed_outcome), result)) {
        return false;
    }
    outcome_of(result)->loss = loss_of(it);
    return fit_measure(it, table, test ? it->rows.test : it->rows.train,
                       &outcome_of(result)->measured);
}

/* The job: a network from one more seed. The first is the one that is there. */
static bool train_seed(void *context, int64_t k, job_result *result)
{
    const fitting *whole = context;
    options o = *whole->o;
    fitting it = *whole;
    it.o = &o;
    o.quiet = true;
    o.plot_predictions = NULL; /* of the one that is kept */
    if (k) {
        reel_manual_seed(it.s->r, (uint64_t)(o.seed + k));
        it.model.net = network_new(it.s->r, &it.model.shape);
    }
    it.test_confusion = it.train_confusion = (class_metrics){0};
    bool done = it.model.net && train_network(&it) && finish_seed(&it, result);
    if (done && !whole->o->quiet && !whole->o->json) {
        fprintf(stderr, "seed %" PRId64 ": loss %g\n", o.seed + k, outcome_of(result)->loss);
    }
    training_free(&it.training);
    class_metrics_free(&it.train_confusion);
    class_metrics_free(&it.test_confusion);
    if (k) {
        reel_module_free(it.model.net);
    }
    return done;
}

/* The best by its loss is kept. */
static bool choose_seed(fitting *it, const job_result *results)
{
    int64_t best = 0;
    for (int64_t k = 0; k < it->repeats.count && results[k].data; k++) {
        it->repeats.parts[k] = outcome_of(&results[k])->measured;
        best = outcome_of(&results[k])->loss < outcome_of(&results[best])->loss ? k : best;
    }
    const bool stopped = interrupted(it->s);
    if (stopped) {
        it->repeats.count = 0; /* of those that are left nothing is known */
    }
    it->seed = it->o->seed + best;
    it->training =
        (training){.session = it->s, .o = it->o, .net = it->model.net, .interrupted = stopped};
    return training_from_result(&it->training, &results[best]);
}

/* Several networks, after the trials of decays, if there are to be any. */
static bool train_repeatedly(fitting *it)
{
    const int64_t count = it->o->repeat;
    const jobs all = {.count = count,
                      .bytes = matrix_bytes(it->samples.x),
                      .name = "seeds",
                      .each = train_seed,
                      .context = it};
    if (it->trials && (!try_decays(it) || it->training.interrupted)) {
        return it->training.interrupted;
    }
    it->trials = false;
    it->repeats = (folds){.count = count, .what = "seeds"};
    it->repeats.parts = calloc((size_t)count, sizeof *it->repeats.parts);
    if (!it->repeats.parts) {
        return complain(it->s, "there is no memory for the seeds");
    }
    job_result *results = jobs_run(it->s, &all);
    bool done = results && choose_seed(it, results);
    jobs_free(results, count);
    return done;
}

/* The line to its last digits, and what is known of it. */
static bool solve(fitting *it, const coordinates *c)
{
    training *t = &it->training;
    const bool trained = !t->interrupted;
    t->progress = progress_begin_trial(stderr, "the minimum", LINE_MOST_STEPS, t->x->rows,
                                       progress_mode_of(it->o));
    bool done = line_solve(t);
    progress_end(t->progress, NULL);
    t->progress = NULL;
    const bool solved = !t->interrupted;
    done = done && line_statistics_of(&it->statistics, t, c, it->model.encoder);
    if (trained && t->interrupted) {
        fprintf(stderr, "interrupted after the training: %s\n",
                solved ? "there are no standard errors"
                       : "the line is near its minimum, and not at it");
    }
    return done;
}

/* Linear regression is trained in coordinates of its own. */
static bool train_linear(fitting *it)
{
    const options *o = it->o;
    bool whiten = o->l1_penalty == 0 && o->weight_decay == 0;
    coordinates c = {0};
    network_shape shape = it->model.shape;
    shape.no_bias = o->no_intercept;
    reel_module *net = network_new(it->s->r, &shape);
    bool done = net &&
                coordinates_choose(&c, it->model.encoder, !o->no_intercept, whiten, it->samples) &&
                doubt_columns(it->s, o, it->model.encoder, &c) &&
                (!it->validation.x || coordinates_apply(&c, it->validation)) &&
                train_net(it, net) && solve(it, &c) && coordinates_return(&c, net, it->model.net);
    doubt_coefficients(it->s, o, it->model.encoder, &it->statistics);
    coordinates_free(&c);
    return done;
}

static void free_matrices(fitting *it)
{
    samples_free(&it->samples);
    samples_free(&it->validation);
}

/* A model of its own for a fold, in silence. */
static bool train_fold(void *context, reel_tensor *train, reel_tensor *test, metrics *measured)
{
    const fitting *whole = context;
    options o = *whole->o;
    o.quiet = true;
    o.plot_predictions = NULL;
    o.report = NULL;
    fitting it = *whole;
    it.samples = it.validation = (samples){NULL, NULL};
    it.o = &o;
    it.rows = (row_parts){.train = train, .test = test};
    it.train_confusion = it.test_confusion = (class_metrics){0};
    it.model = (model){.shape.dtype = whole->model.shape.dtype};
    int64_t count = reel_numel(train);
    bool was_quiet = it.s->quiet;
    it.s->quiet = true;
    bool done = rows_hold_out(it.s, &o, it.table, &it.rows) && encode(&it);
    if (done) {
        it.trials = trials_are_due(&o, count);
        training_defaults(&o, rows_count(it.table, it.rows.train));
        done = make_net(&it) && (o.hidden_count ? train_network(&it) : train_linear(&it)) &&
               fit_measure(&it, it.table, test, measured);
    }
    if (done && !whole->o->quiet && !whole->o->json) {
        bool classes = !isnan(measured->accuracy);
        fprintf(stderr, "a fold of %s: %s %g\n", REELI_COUNTED(reel_numel(test), "row"),
                classes ? "accuracy" : "mean absolute error",
                classes ? measured->accuracy : measured->mean_absolute_error);
    }
    it.s->quiet = was_quiet;
    free_matrices(&it);
    training_free(&it.training);
    line_statistics_free(&it.statistics);
    class_metrics_free(&it.train_confusion);
    class_metrics_free(&it.test_confusion);
    model_free(&it.model);
    return done;
}

static bool run(fitting *it)
{
    options *o = it->o;
    reel_manual_seed(it->s->r, (uint64_t)o->seed);
    if (!check_outputs(it->s, o) || !read_tables(it)) {
        return false;
    }
    watch_interrupts(); /* from the moment on that it trains */
    if (!folds_run(&it->folds, it->s, o, it->table, it->rows.train, train_fold, it) ||
        !rows_hold_out(it->s, o, it->table, &it->rows) || !encode(it)) {
        return false;
    }
    int64_t count = rows_count(it->table, it->rows.train);
    it->trials = trials_are_due(o, count);
    training_defaults(o, count);
    if (!make_net(it)) {
        return false;
    }
    if (!o->json && !o->quiet) {
        say_what_it_does(it);
        matrix_tell(it->samples.x, it->s->memory);
    }
    bool believed =
        doubt_training(it->s, o, it->samples.y, reel_parameter_count(it->model.net)) &&
        (!it->rows.test ||
         doubt_test(it->s, &it->model, it->test_table ? it->test_table : it->table, it->rows.test));
    if (!believed || !(o->repeat         ? train_repeatedly(it)
                       : o->hidden_count ? train_network(it)
                                         : train_linear(it))) {
        return false;
    }
    bool calibrated = isnan(o->interval) || calibrate_interval(it->s, &it->model, it->table,
                                                               it->rows.calibration, o->interval);
    if (!calibrated || !describe_training(it)) {
        return false;
    }
    it->kept = !o->no_save && model_save(it->s, &it->model, fit_path(o));
    if (!it->kept) {
        reel_clear_error(it->s->r); /* which was said, and is no reason to keep the results back */
    }
    return fit_measure_all(it) && fit_report(it) && fit_draw_losses(it) && html_report(it) &&
           !it->undrawn && (o->no_save || it->kept);
}

int fit(int argc, char **argv)
{
    options o = fit_options(argc, argv);
    together_options(&o);
    session s;
    fitting it = {.s = &s, .o = &o};
    bool done = session_begin(&s, argv[0], &o) && run(&it);
    int status = !done ? 1 : it.training.interrupted ? INTERRUPTED : 0;
    free_matrices(&it);
    training_free(&it.training);
    line_statistics_free(&it.statistics);
    folds_free(&it.folds);
    folds_free(&it.repeats);
    class_metrics_free(&it.train_confusion);
    class_metrics_free(&it.test_confusion);
    model_free(&it.model);
    options_free(&o);
    return session_end(&s, status);
}
