/* SPDX-License-Identifier: MIT */
/* Models of tables: what rows from memory and rows of a table get is what plain loops say of the
 * weights; a file brings a model back; in the steady state nothing is allocated. */
#include "table_file.h"

static const char houses[] = "area,near,sold,garden,price\n"
                             "100,sea,2024-01-01,yes,10\n"
                             "50,bay,2024-02-03,no,20\n"
                             ",bay,2024-02-10,no,30\n"
                             "70,,2024-03-05,yes,15\n"
                             "80,inland,,yes,25\n"
                             "90,sea,2025-01-01,no,35\n";

/* Of the columns above, with the dates' trend alone. */
static reel_encoder *encoder_of(reel_table *t)
{
    reel_encoder *e = reel_encoder_fit(
        t, NULL, (reel_encoder_options){.target = "price", .date_parts = REEL_DATE_TREND});
    ck_assert_msg(e != NULL, "%s", reel_error(r));
    ck_assert_uint_eq(reel_encoder_features(e), 1 + 4 + 1 + 1);
    return e;
}

/* The table's rows as they would come from a program: the numbers as numbers or as texts. */
static void fill_cells(reel_cell cells[6][4], bool texts)
{
    static const struct {
        double area;
        const char *area_text, *near, *sold, *garden;
    } rows[] = {{100, "100", "sea", "2024-01-01", "yes"},
                {50, "50", "bay", "2024-02-03", "no"},
                {(double)NAN, "", "bay", "2024-02-10", "no"},
                {70, "70", NULL, "2024-03-05", "yes"},
                {80, "80", "inland", NULL, "yes"},
                {90, "9e1", "sea", "2025-01-01", "no"}};
    for (int i = 0; i < 6; i++) {
        cells[i][0] = texts ? (reel_cell){rows[i].area_text, 0} : (reel_cell){NULL, rows[i].area};
        cells[i][1] = (reel_cell){rows[i].near, 0};
        cells[i][2] = (reel_cell){rows[i].sold, (double)NAN};
        cells[i][3] = (reel_cell){rows[i].garden, 0};
    }
}

/* weights[j] = sin(j + 1) of the j-th element of each parameter. */
static void set_weights(reel_module *net)
{
    reel_tensor_list all = reel_parameters(net);
    for (size_t i = 0; i < all.count; i++) {
        reel_tensor *t = reel_detach(all.tensors[i]);
        reel_tensor *flat = reel_reshape(t, REEL_SHAPE(-1));
        for (int64_t j = 0; j < reel_numel(flat); j++) {
            reel_set(flat, &j, sin((double)j + 1));
        }
        reel_rewind(r);
    }
}

/* Layers of sizes[0], sizes[1], … with tanh between them, in plain loops. */
static double forward(const double *x, const int *sizes, int layers)
{
    double from[32], to[32];
    memcpy(from, x, (size_t)sizes[0] * sizeof *x);
    for (int l = 0; l < layers; l++) {
        for (int i = 0; i < sizes[l + 1]; i++) {
            to[i] = sin(i + 1.0);
            for (int j = 0; j < sizes[l]; j++) {
                to[i] += sin(i * sizes[l] + j + 1.0) * from[j];
            }
            to[i] = l + 1 < layers ? tanh(to[i]) : to[i];
        }
        memcpy(from, to, sizeof from);
    }
    return from[0];
}

static void check_model(reel_model *m, reel_table *t, const int *sizes, int layers,
                        double tolerance)
{
    double by_table[6], by_cells[6], by_texts[6], in_file;
    reel_cell cells[6][4];
    reel_encoder *e = reel_model_encoder(m);
    reel_tensor *x = reel_keep(reel_encode(e, t, NULL));
    ck_assert_int_eq(reel_model_predict_table(m, t, NULL, by_table), REEL_OK);
    reel_row_file *file = reel_model_predict_to_file(m, t, NULL, false, 0);
    ck_assert_msg(file && reel_row_file_rows(file) == 6, "%s", reel_error(r));
    fill_cells(cells, false);
    ck_assert_int_eq(reel_model_predict(m, cells[0], 6, by_cells), REEL_OK);
    fill_cells(cells, true);
    ck_assert_int_eq(reel_model_predict(m, cells[0], 6, by_texts), REEL_OK);
    for (int64_t i = 0; i < 6; i++) {
        double row[7];
        for (int64_t j = 0; j < 7; j++) {
            row[j] = reel_get(x, (int64_t[]){i, j});
        }
        double expected = reel_encoder_target_mean(e) +
                          reel_encoder_target_scale(e) * forward(row, sizes, layers);
        ck_assert_double_eq_tol(by_table[i], expected, tolerance);
        ck_assert(by_cells[i] == by_table[i] && by_texts[i] == by_table[i]);
        reel_tensor *one = reel_zeros(r, REEL_F64, 2, (int64_t[]){1, 1});
        ck_assert_int_eq(reel_row_file_read(file, i, one), REEL_OK);
        reel_to_f64(one, &in_file, 1);
        ck_assert(in_file == by_table[i]);
        reel_tensor_free(one);
    }
    reel_row_file_free(file);
    reel_tensor_free(x);
}

START_TEST(rows_from_memory_and_from_tables)
{
    static const int64_t hidden[] = {5, 3};
    reel_table *t = read_text(houses);
    for (int dtype = 0; dtype < 2; dtype++) {
        for (size_t layers = 0; layers < 3; layers += 2) {
            reel_model_options o = {.hidden = hidden,
                                    .hidden_count = layers,
                                    .activation = "tanh",
                                    .dropout = layers ? 0.3 : 0,
                                    .dtype = dtype ? REEL_F64 : REEL_F32};
            reel_model *m = reel_model_new(r, encoder_of(t), NULL, o);
            ck_assert_msg(m != NULL, "%s", reel_error(r));
            set_weights(reel_model_net(m));
            const int line[] = {7, 1}, net[] = {7, 5, 3, 1};
            check_model(m, t, layers ? net : line, layers ? 3 : 1, dtype ? 1e-12 : 2e-5);
            ck_assert(reel_is_training(reel_model_net(m)));
        }
    }
    ck_assert(reel_grad_enabled(r));
}
END_TEST

/* What the encoder has not seen, and values that are none. */
START_TEST(cells_that_are_none)
{
    reel_table *t = read_text(houses);
    reel_model *m = reel_model_new(r, encoder_of(t), NULL, (reel_model_options){.dtype = REEL_F64});
    set_weights(reel_model_net(m));
    reel_cell cells[3][4];
    double y[3];
    for (int i = 0; i < 3; i++) {
        cells[i][0] = (reel_cell){i == 1 ? "much" : NULL, i == 2 ? 76 : (double)NAN};
        cells[i][1] = (reel_cell){i == 1 ? "lake" : NULL, 0};
        cells[i][2] = (reel_cell){i == 1 ? "soon" : NULL, (double)NAN};
        cells[i][3] = (reel_cell){i == 1 ? "perhaps" : "no", 0};
    }
    ck_assert_int_eq(reel_model_predict(m, cells[0], 3, y), REEL_OK);
    t = read_with("area,near,sold,garden\nmuch,lake,soon,perhaps\n,x,y,z\n,,,no\n",
                  (reel_table_options){.dtype = REEL_F64});
    double of_table[3];
    ck_assert_int_eq(reel_model_predict_table(m, t, NULL, of_table), REEL_OK);
    ck_assert(y[1] == of_table[0] && y[0] == of_table[2]);
    ck_assert_int_eq(reel_model_predict(m, cells[0], 0, NULL), REEL_OK);
    ck_assert_int_eq(reel_model_predict(m, NULL, 1, y), REEL_ERR_VALUE);
    assert_error(r, REEL_ERR_VALUE, "there are no rows");
    ck_assert_int_eq(reel_model_predict(m, cells[0], -1, y), REEL_ERR_VALUE);
    assert_error(r, REEL_ERR_VALUE, "there are no rows");
    ck_assert_int_eq(reel_model_predict(m, cells[0], 1, NULL), REEL_ERR_VALUE);
    assert_error(r, REEL_ERR_VALUE, "no room for predictions");
    reel_encoder *e =
        reel_encoder_fit(read_text("a,y\n1,2\n2,4\n"), NULL,
                         (reel_encoder_options){.target = "y", .refuse_missing = true});
    m = reel_model_new(r, e, NULL, (reel_model_options){0});
    ck_assert_int_eq(reel_model_predict(m, &(reel_cell){NULL, (double)NAN}, 1, y), REEL_ERR_VALUE);
    assert_error(r, REEL_ERR_VALUE, "model_predict: row 0: column 'a': the value is missing");
}
END_TEST

static reel_tensor *predicts(reel_tensor *gradient, void *model)
{
    double y;
    ck_assert_int_eq(reel_model_predict(model, (reel_cell[4]){{NULL, 0}}, 1, &y), REEL_ERR_STATE);
    assert_error(r, REEL_ERR_STATE, "model_predict: rows cannot be predicted from a callback");
    return gradient;
}

START_TEST(callbacks_do_not_predict)
{
    reel_table *t = read_text(houses);
    reel_model *m = reel_model_new(r, encoder_of(t), NULL, (reel_model_options){0});
    reel_tensor *x = reel_requires_grad_(reel_scalar(r, REEL_F32, 2), true);
    reel_register_hook(x, predicts, m);
    ck_assert_int_eq(reel_backward(reel_square(x)), REEL_OK);
    ck_assert_double_eq(reel_item(reel_grad(x)), 4);
}
END_TEST

START_TEST(file_and_back)
{
    static const int64_t hidden[] = {4};
    reel_table *t = read_text(houses);
    reel_model_options o = {.hidden = hidden,
                            .hidden_count = 1,
                            .activation = "gelu",
                            .interval = 0.9,
                            .half_width = 2.5,
                            .training = "{\"loss\": \"l1\"}"};
    reel_model *m = reel_model_new(r, encoder_of(t), NULL, o);
    ck_assert_int_eq(reel_model_save(m, path), REEL_OK);
    reel_model *again = reel_model_load(r, path);
    ck_assert_msg(again != NULL, "%s", reel_error(r));
    reel_model_options is = reel_model_about(again);
    ck_assert(is.hidden_count == 1 && is.hidden[0] == 4 && is.dtype == REEL_F32);
    ck_assert(is.interval == 0.9 && is.half_width == 2.5 && !is.no_intercept && is.dropout == 0);
    ck_assert_str_eq(is.activation, "gelu");
    ck_assert_str_eq(is.training, o.training);
    double a[6], b[6];
    reel_cell cells[6][4];
    fill_cells(cells, false);
    ck_assert_int_eq(reel_model_predict(m, cells[0], 6, a), REEL_OK);
    ck_assert_int_eq(reel_model_predict(again, cells[0], 6, b), REEL_OK);
    ck_assert_mem_eq(a, b, sizeof a);
    reel_model_free(again);
    ck_assert_ptr_null(reel_model_load(r, "/nowhere/m"));
    assert_error(r, REEL_ERR_FILE, "/nowhere/m");
    reel_named_tensors state = reel_state_dict(reel_model_net(m));
    ck_assert_int_eq(reel_safetensors_save(r, path, state.entries, state.count, NULL, 0), REEL_OK);
    ck_assert_ptr_null(reel_model_load(r, path));
    assert_error(r, REEL_ERR_FORMAT, "t.csv: this is no model that `reel fit` kept");
}
END_TEST

START_TEST(models_that_are_none)
{
    static const int64_t hidden[] = {4, 0};
    reel_encoder *e = encoder_of(read_text(houses));
    static const struct {
        reel_model_options options;
        const char *part;
    } wrong[] = {{{.hidden = hidden, .hidden_count = 2}, "a size that none has"},
                 {{.hidden = hidden, .hidden_count = 17}, "more than 16 hidden layers"},
                 {{.hidden_count = 1}, "their sizes are NULL"},
                 {{.activation = "softmax"}, "no activation of that name"},
                 {{.dropout = 1}, "the share that is dropped out"},
                 {{.interval = 1}, "the interval's share"},
                 {{.half_width = -1}, "the interval's share"},
                 {{.dtype = REEL_I64}, "computes in float32 or float64"}};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        ck_assert_ptr_null(reel_model_new(r, e, NULL, wrong[i].options));
        assert_error(r, REEL_ERR_VALUE, wrong[i].part);
    }
    ck_assert_ptr_null(reel_model_new(r, NULL, NULL, (reel_model_options){0}));
    ck_assert_ptr_null(reel_model_new(r, e, reel_model_network(r, 3, (reel_model_options){0}),
                                      (reel_model_options){0}));
    assert_error(r, REEL_ERR_SHAPE, "the network's layers have other sizes");
    ck_assert_ptr_null(reel_model_load(r, NULL));
    assert_error(r, REEL_ERR_VALUE, "the path is NULL");
    ck_assert_ptr_null(reel_model_encoder(NULL));
    ck_assert_ptr_null(reel_model_net(NULL));
    ck_assert_uint_eq(reel_model_about(NULL).hidden_count, 0);
    reel_model_free(NULL);
    double y;
    ck_assert_int_ne(reel_model_predict(NULL, NULL, 1, &y), REEL_OK);
}
END_TEST

/* As docs/tables.md shows it. */
START_TEST(one_row)
{
    reel_table *t = read_text(houses);
    reel_model *made = reel_model_new(r, encoder_of(t), NULL, (reel_model_options){0});
    ck_assert_int_eq(reel_model_save(made, path), REEL_OK);
    reel_model *m = reel_model_load(r, path);
    reel_cell cells[] = {{NULL, 91}, {"sea", 0}, {"2024-05-06", 0}, {"yes", 0}};
    double price;
    reel_model_predict(m, cells, 1, &price);
    ck_assert_double_eq_tol(price, reel_encoder_target_mean(reel_model_encoder(m)), 1e-6);
}
END_TEST

static long allocations;

static void *counting(void *context, void *block, size_t old_size, size_t new_size)
{
    (void)context;
    (void)old_size;
    allocations += new_size > 0;
    if (new_size == 0) {
        free(block);
        return NULL;
    }
    return realloc(block, new_size);
}

/* From the second call on; and what a step has computed before is still there. */
START_TEST(no_allocation_in_the_steady_state)
{
    enum { ROWS = 1000 };
    static const int64_t hidden[] = {32, 16};
    static reel_cell cells[ROWS][4];
    static double y[ROWS];
    reel_cell some[6][4];
    reel_table *t = read_text(houses);
    reel_model *m = reel_model_new(r, encoder_of(t), NULL,
                                   (reel_model_options){.hidden = hidden, .hidden_count = 2});
    ck_assert_int_eq(reel_model_save(m, path), REEL_OK);
    reel *own = reel_new_with(&(reel_options){.allocator = counting});
    m = reel_model_load(own, path);
    fill_cells(some, true);
    for (int i = 0; i < ROWS; i++) {
        memcpy(cells[i], some[i % 6], sizeof cells[i]);
    }
    reel_tensor *w = reel_requires_grad_(reel_ones(own, REEL_F32, REEL_SHAPE(2)), true);
    reel_tensor *loss = reel_sum(reel_mul(w, w));
#ifdef REELI_STRESS /* whose tiny blocks find their order in the second */
    ck_assert_int_eq(reel_model_predict(m, cells[0], ROWS, y), REEL_OK);
#endif
    ck_assert_int_eq(reel_model_predict(m, cells[0], ROWS, y), REEL_OK);
    long before = allocations;
    for (int call = 0; call < 5; call++) {
        ck_assert_int_eq(reel_model_predict(m, cells[0], ROWS - call, y), REEL_OK);
    }
    ck_assert_int_eq(allocations, before);
    for (int i = 6; i < ROWS - 5; i++) {
        ck_assert_double_eq_tol(y[i], y[i - 6], 1e-6 * fabs(y[i]));
    }
    reel_backward(loss);
    ck_assert_double_eq(reel_get(reel_grad(w), (int64_t[]){1}), 2);
    reel_free(own);
}
END_TEST

static void add_cases(TCase *cases)
{
    tcase_add_checked_fixture(cases, set_up, tear_down);
    tcase_add_test(cases, rows_from_memory_and_from_tables);
    tcase_add_test(cases, cells_that_are_none);
    tcase_add_test(cases, callbacks_do_not_predict);
    tcase_add_test(cases, file_and_back);
    tcase_add_test(cases, models_that_are_none);
    tcase_add_test(cases, one_row);
    tcase_add_test(cases, no_allocation_in_the_steady_state);
}

int main(void) { return run_suite("models of tables", add_cases); }
