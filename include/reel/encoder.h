/* SPDX-License-Identifier: MIT */
/*
 * Encoders: what a model can be fed of a table, and how to read its answers.
 *
 * A column of numbers is one feature: (x - mean) / scale, the training rows' mean and population
 * deviation, after missing values have been taken for their median. A column of text is one feature
 * for each text that the training rows have, in strcmp's order: 1 where it is that text, else 0;
 * where there are too many, the rarest are one feature together, and so are missing texts if the
 * training rows have any. Of two texts that are a yes and a no the yes alone is a feature. A column
 * of dates is a trend, in days, that is treated as numbers are, and a feature for each month, day
 * of the week and hour that the training rows have. The target is standardised as numbers are. All
 * of it is computed in double and rounded at the end.
 *
 * A library configured with REEL_WITH_IO=OFF (REEL_HAS_IO is 0) has none of this.
 */
#ifndef REEL_ENCODER_H
#define REEL_ENCODER_H

#include <reel/table.h>

#if REEL_HAS_IO

#ifdef __cplusplus
extern "C" {
#endif

/** How columns become features. The functions that tell of one take NULL for one without any. */
typedef struct reel_encoder reel_encoder;

/** What is done to a target before it is standardised, and undone to answers. Medians and quantiles
 *  of the one are those of the other; means are not. */
typedef enum reel_transform {
    REEL_TRANSFORM_NONE,     /**< nothing */
    REEL_TRANSFORM_LOG,      /**< of targets above 0 */
    REEL_TRANSFORM_LOG1P,    /**< log(1 + y), of targets above -1 */
    REEL_TRANSFORM_SQRT,     /**< of targets from 0 on; what is below is 0 again */
    REEL_TRANSFORM_LOGISTIC, /**< targets from 0 to 1 are left as they are, not even scaled;
                                  answers are logarithms of odds, back by 1 / (1 + exp(-y)) */
    REEL_TRANSFORM_RATE,     /**< likewise targets from 0 on, and logarithms of rates: exp(y) */
    REEL_TRANSFORM_CLASS     /**< targets are texts or whole numbers, each a class; encoded it is
                                  the class's number, from 0, as `reel_encoder_class` has them */
} reel_transform;

/** What an encoder is fitted to; but for the target all zero is the default. */
typedef struct reel_encoder_options {
    const char *target;              /**< the column to predict: of numbers, or of classes */
    const char *const *features;     /**< the columns to predict it from; none: all others */
    size_t feature_count;            /**< how many */
    const char *const *drop;         /**< columns that are none of them */
    size_t drop_count;               /**< how many */
    bool refuse_missing;             /**< a missing value is an error, in training and ever after */
    bool robust_target;              /**< the target's mean and deviation are those of the values
                                      within three interquartile ranges of the quartiles */
    reel_transform target_transform; /**< of the target */
    int64_t max_categories;          /**< 50: of more texts the rarest are one together */
    const char *const *date_formats; /**< as strptime has them, of %Y %y %m %d %H %I %M %S %f
                                          %p %b %B; tried in their order, then ISO 8601 */
    size_t date_format_count;        /**< how many */
    const char *terms;           /**< what features are instead of the columns, as below; NULL: the
                                          columns */
    unsigned date_parts;         /**< of enum reel_date_parts; 0: all but the year, of which a
                                          trend and months leave nothing */
    const reel_table_team *team; /**< who else has read the table, and fits the same encoder;
                                          NULL: nobody */
} reel_encoder_options;

/** What a date may be a feature by. */
enum reel_date_parts {
    REEL_DATE_TREND = 1,
    REEL_DATE_YEAR = 2,
    REEL_DATE_MONTH = 4,
    REEL_DATE_WEEKDAY = 8,
    REEL_DATE_HOUR = 16
};

/*
 * Terms are the right side of R's formulas: "a, b:c" or "a + b:c", where b:c is the product of the
 * two, a*b is a, b and a:b, log(a), log1p(a), sqrt(a), exp(a) and I(a^2) are functions of a column,
 * poly(a, 3) is three polynomials that are orthogonal over the training rows, and . is all columns
 * that no other term has for itself. Of texts each is a factor of 0 and 1. Names with signs in them
 * stand in quotes. Each feature is scaled as numbers are; a value that a function does not take is
 * what a missing one is.
 */

/**
 * An encoder for the columns of t, with the medians, means, deviations and texts of the given rows.
 *
 * Rows without a target are left out, and so are columns of no use: without a value, of one value
 * alone, equal to one before, of texts nearly all of which come once. A warning tells of each, and
 * of numbers that are the rows' own. A column of texts that is named, here or when the table was
 * read, stays. One of texts nine tenths of which are dates is one of dates: by the formats that are
 * given and ISO 8601; or by the usual ones with a year of four digits, if no row can be two dates
 * by those that others need.
 * With a `team` all its processes do this together, each looks at some of the columns, and all get
 * the encoder that each alone would have fitted.
 *
 * Shape: rows is int64 (n); NULL: all rows.
 * Owner: the reel's until you free it, or the reel. It does not need the table any more.
 * Fails: NULL, and REEL_ERR_VALUE for a column that is not there or a row that is not, a target of
 *        text, features among which the target is, no row or no feature that is left; with
 *        `refuse_missing` for a missing value, "houses.csv:17: column 'rooms': …"; REEL_ERR_MEMORY;
 *        REEL_ERR_STATE while a step is being captured.
 * Source: sklearn's SimpleImputer(strategy="median"), StandardScaler and OneHotEncoder.
 */
REEL_API reel_encoder *reel_encoder_fit(reel_table *t, const reel_tensor *rows,
                                        reel_encoder_options options);

/**
 * The features of rows of a table, which may be another one with columns of the same names; others
 * are passed over. Warnings tell how many missing values are taken for the median, and how many
 * texts have not been seen in training; those are 0 in all features.
 *
 * Shape: (n, features), in the table's dtype; rows as in `reel_encoder_fit`.
 * Owner: the reel's until you free it, as of a tensor that you created.
 * Texts that are no numbers or dates, where the encoder has such, are missing values.
 *
 * Fails: poison, and REEL_ERR_VALUE for a column that is not there, or holds numbers where the
 *        encoder has texts, and as `reel_encoder_fit` of rows and of missing values;
 *        REEL_ERR_MEMORY; REEL_ERR_STATE while a step is being captured.
 */
REEL_API reel_tensor *reel_encode(const reel_encoder *e, reel_table *t, const reel_tensor *rows);

/**
 * The target of rows of a table, transformed and standardised.
 *
 * Shape: (n, 1), in the table's dtype; rows as in `reel_encoder_fit`.
 * Owner: as of `reel_encode`.
 * Fails: as `reel_encode`; a row without a target is an error: see `reel_table_present_rows`; and
 *        so is a class that was not among the training rows.
 */
REEL_API reel_tensor *reel_encode_target(const reel_encoder *e, reel_table *t,
                                         const reel_tensor *rows);

/**
 * A model's answers in the target's own units, scale * y + mean, with the transform undone.
 *
 * Shape:    that of y, floating. Gradient: none, the result is not recorded.
 * Owner:    lives until `reel_rewind`.
 * Fails:    REEL_ERR_DTYPE, REEL_ERR_MEMORY.
 */
REEL_API reel_tensor *reel_decode_target(const reel_encoder *e, reel_tensor *y);

/** What a feature tells of its column. */
typedef enum reel_feature_kind {
    REEL_FEATURE_NUMBER,  /**< its number */
    REEL_FEATURE_TEXT,    /**< whether it is `text` */
    REEL_FEATURE_OTHERS,  /**< whether it is a text that is no other feature's */
    REEL_FEATURE_MISSING, /**< whether its text is missing */
    REEL_FEATURE_TREND,   /**< a date, in days since 1970 */
    REEL_FEATURE_YEAR,    /**< its year */
    REEL_FEATURE_MONTH,   /**< whether its month is `value`, 1 to 12 */
    REEL_FEATURE_WEEKDAY, /**< whether its day of the week is `value`, 0 for Monday */
    REEL_FEATURE_HOUR,    /**< whether its hour is `value`, 0 to 23 */
    REEL_FEATURE_TERM     /**< a product: `reel_encoder_factor` */
} reel_feature_kind;

/** A feature: (x - mean) / scale of numbers, where a missing one is the median; 0 or 1
 * otherwise. */
typedef struct reel_feature {
    reel_feature_kind kind;     /**< what it tells */
    size_t column;              /**< of `reel_encoder_column` */
    const char *text;           /**< of REEL_FEATURE_TEXT. Owner: the encoder */
    int value;                  /**< of months, days of the week and hours */
    double median, mean, scale; /**< of numbers, trends and years; otherwise 0, 0 and 1 */
} reel_feature;

/** What is done to a factor's number. */
typedef enum reel_term_function {
    REEL_FUNCTION_NONE,  /**< nothing */
    REEL_FUNCTION_LOG,   /**< log(x) */
    REEL_FUNCTION_LOG1P, /**< log(1 + x) */
    REEL_FUNCTION_SQRT,  /**< √x */
    REEL_FUNCTION_EXP,   /**< eˣ */
    REEL_FUNCTION_POWER, /**< x^degree */
    /** P_degree(x) / sqrt(norms[degree]), with P_0 = 1, P_1 = x - centers[0] and
     *  P_k = (x - centers[k - 1]) P_{k - 1} - norms[k - 1] / norms[k - 2] P_{k - 2} */
    REEL_FUNCTION_POLY
} reel_term_function;

/** A factor of a term: what its column is, not scaled, or a function of that. */
typedef struct reel_factor {
    reel_feature feature;          /**< of which it is made: with mean 0 and scale 1 */
    reel_term_function function;   /**< of the feature */
    int degree;                    /**< of powers and polynomials */
    const double *centers, *norms; /**< of REEL_FUNCTION_POLY. Owner: the encoder */
} reel_factor;

/** How many factors feature i has: 0 if it is no term. */
REEL_API size_t reel_encoder_factors(const reel_encoder *e, size_t i);
/** Factor k of feature i; its feature's mean is NaN where there is none. */
REEL_API reel_factor reel_encoder_factor(const reel_encoder *e, size_t i, size_t k);

/** How many features column i becomes, before terms are made of them. */
REEL_API size_t reel_encoder_column_features(const reel_encoder *e, size_t i);
/** Feature k of those of column i, with its mean and scale; a number with NaN for its mean where
 *  there is none. */
REEL_API reel_feature reel_encoder_column_feature(const reel_encoder *e, size_t i, size_t k);

/** How many features it makes. */
REEL_API size_t reel_encoder_features(const reel_encoder *e);
/** Feature i; a number with NaN for its mean where there is none. */
REEL_API reel_feature reel_encoder_feature(const reel_encoder *e, size_t i);
/** A feature's name: its column's, "rooms"; that and the text, "ocean_proximity=INLAND"; or that
 *  and a part, "sold.month=3"; NULL where there is no such feature. Owner: lives until
 *  `reel_rewind`. */
REEL_API const char *reel_encoder_feature_name(const reel_encoder *e, size_t i);
/** What is subtracted from feature i; 0 for those that are 0 or 1. NaN where there is none. */
REEL_API double reel_encoder_mean(const reel_encoder *e, size_t i);
/** What feature i is then divided by; 1 for those that are 0 or 1. */
REEL_API double reel_encoder_scale(const reel_encoder *e, size_t i);
/** What missing values of feature i are taken for, before that; 0 for those that are 0 or 1. */
REEL_API double reel_encoder_median(const reel_encoder *e, size_t i);

/** The target's column. Owner: the encoder. */
REEL_API const char *reel_encoder_target_name(const reel_encoder *e);
/** What is subtracted from the target. */
REEL_API double reel_encoder_target_mean(const reel_encoder *e);
/** What the target is then divided by. */
REEL_API double reel_encoder_target_scale(const reel_encoder *e);
/** What is done to the target before. */
REEL_API reel_transform reel_encoder_transform(const reel_encoder *e);
/** How many classes the target has; 0 if it is a number. */
REEL_API size_t reel_encoder_classes(const reel_encoder *e);
/** Class i: texts in strcmp's order, or whole numbers in theirs; NULL where there is none. Owner:
 *  the encoder. */
REEL_API const char *reel_encoder_class(const reel_encoder *e, size_t i);
/** Which class a text is, or a number that was written in another way; -1: none. */
REEL_API int64_t reel_encoder_class_of(const reel_encoder *e, const char *text);
/** One answer, as `reel_decode_target` has it. */
REEL_API double reel_encoder_decode(const reel_encoder *e, double y);
/** A target, standardised: NaN where its transform has no value. */
REEL_API double reel_encoder_encode(const reel_encoder *e, double target);

/** How many columns it reads. */
REEL_API size_t reel_encoder_columns(const reel_encoder *e);
/** The name of column i that it reads; NULL where there is none. Owner: the encoder. */
REEL_API const char *reel_encoder_column(const reel_encoder *e, size_t i);
/** The text of column i that has no feature: of a yes and a no the no; NULL if there is none.
 *  Owner: the encoder. */
REEL_API const char *reel_encoder_reference(const reel_encoder *e, size_t i);
/** The columns that it reads as text, dates too, for `reel_table_options.text`; NULL if there are
 *  none. Owner: the encoder. */
REEL_API const char *const *reel_encoder_text_columns(const reel_encoder *e, size_t *count);

/**
 * All of the encoder in JSON; its numbers come back to the bit.
 *
 * Owner: lives until `reel_rewind`.
 * Fails: NULL, and REEL_ERR_MEMORY.
 */
REEL_API const char *reel_encoder_to_json(const reel_encoder *e);

/**
 * The encoder that `reel_encoder_to_json` wrote. The text may come from anywhere: all of it is
 * checked.
 *
 * Owner: the reel's until you free it, or the reel.
 * Fails: NULL, and REEL_ERR_FORMAT, REEL_ERR_MEMORY.
 */
REEL_API reel_encoder *reel_encoder_from_json(reel *r, const char *json);

/** Frees an encoder. */
REEL_API void reel_encoder_free(reel_encoder *e);

#ifdef __cplusplus
}
#endif

#endif /* REEL_HAS_IO */
#endif
