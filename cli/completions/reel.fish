# SPDX-License-Identifier: MIT
# Completion of `reel` for fish.

function __reel_command
    set -l words (commandline -opc)
    test (count $words) -ge 2; and test "$words[2]" = $argv[1]
end

# The names in the first line of the table on the command line; with a comma, after the others.
function __reel_columns
    for word in (commandline -opc)[3..-1]
        set word (string replace -r '^~' $HOME -- $word)
        if test -f "$word"; and not string match -qr '\.(safetensors|npy)$' -- $word
            set -l columns (head -n 1 -- $word | string trim | string replace -r '^\x{feff}' '' |
                string split -- , | string split -- ';' | string split -- '|' | string split -- \t |
                string trim | string trim -c '"')
            set -l before ''
            if test "$argv[1]" = ,
                set before (commandline -ct | string replace -r '^--[a-z-]+=' '' |
                    string match -r '^.*,')
            end
            printf '%s\n' $before$columns
            return
        end
    end
end

complete -c reel -n 'test (count (commandline -opc)) -eq 1' -f -a fit -d 'train a model on a table'
complete -c reel -n 'test (count (commandline -opc)) -eq 1' -f -a evaluate -d 'say how good a model is on another table'
complete -c reel -n 'test (count (commandline -opc)) -eq 1' -f -a predict -d 'predict the target of new rows'
complete -c reel -n 'test (count (commandline -opc)) -eq 1' -f -a inspect -d 'print what a model holds'
complete -c reel -n 'test (count (commandline -opc)) -eq 1' -f -a explain -d 'show an expression\'s gradients, step by step'
complete -c reel -n 'test (count (commandline -opc)) -eq 1' -f -a lab -d 'run an experiment given as JSON'
complete -c reel -n 'test (count (commandline -opc)) -eq 1' -f -a export -d 'write a model in C, SQL or as a formula'
complete -c reel -n 'test (count (commandline -opc)) -eq 1' -f -l help -d 'list the commands'
complete -c reel -n 'test (count (commandline -opc)) -eq 1' -f -l version -d 'print the version'

# The options, by scripts/options.sh:
complete -c reel -n '__reel_command fit' -l decimal -x -d 'in numbers: \'.\' or \',\' (.)'
complete -c reel -n '__reel_command fit' -l drop -x -a '(__reel_columns ,)' -d 'leave these columns out'
complete -c reel -n '__reel_command fit' -l features -x -a '(__reel_columns ,)' -d 'predict from these columns only (all but the target)'
complete -c reel -n '__reel_command fit' -l missing -x -a 'median error' -d 'fill missing values with the column\'s median, or stop (median)'
complete -c reel -n '__reel_command fit' -l no-header -d 'the first line is data; columns are called 1, 2, ...'
complete -c reel -n '__reel_command fit' -l separator -x -d 'between columns: a character or \'tab\' (found out from the first line)'
complete -c reel -n '__reel_command fit' -l target -x -a '(__reel_columns)' -d 'the column to predict (required)'
complete -c reel -n '__reel_command fit' -l text -x -a '(__reel_columns ,)' -d 'read as text though they look like numbers'
complete -c reel -n '__reel_command fit' -l folds -x -d 'cross-validation: train K models, each tested on its share of the rows and trained on the others, and say how good they are; the model that is kept is trained on all'
complete -c reel -n '__reel_command fit' -l group -x -a '(__reel_columns)' -d 'with --folds, rows that are equal in it are not parted'
complete -c reel -n '__reel_command fit' -l interval -x -d 'keep a fifth of the rows from the training to learn how wide an interval around a prediction has to be to hold the true value with this probability; `reel predict` gives it, too'
complete -c reel -n '__reel_command fit' -l test -r -F -d 'the rows of another table'
complete -c reel -n '__reel_command fit' -l test-fraction -x -d 'this share of the rows, drawn at random'
complete -c reel -n '__reel_command fit' -l test-rows -r -F -d 'the rows whose numbers, from 0, this file lists'
complete -c reel -n '__reel_command fit' -l activation -x -a 'relu tanh sigmoid gelu silu leaky_relu elu selu celu softplus mish hardswish softsign relu6' -d 'relu, tanh, sigmoid, gelu, silu, leaky_relu, elu, selu, celu, softplus, mish, hardswish, softsign or relu6 (relu)'
complete -c reel -n '__reel_command fit' -l dropout -x -d 'after each hidden layer (0)'
complete -c reel -n '__reel_command fit' -l dtype -x -a 'f32 f64' -d 'numbers to compute in (f64 for linear regression, lbfgs and levenberg_marquardt, otherwise f32)'
complete -c reel -n '__reel_command fit' -l hidden -x -d 'sizes of hidden layers, as 64,64 (none: linear regression)'
complete -c reel -n '__reel_command fit' -l no-intercept -d 'linear regression through the origin'
complete -c reel -n '__reel_command fit' -l delta -x -d 'where huber and smooth_l1 turn from squared to absolute, in standard deviations of the target, outliers aside (1)'
complete -c reel -n '__reel_command fit' -l l1-penalty -x -d 'adds L times the sum of the weights\' magnitudes, for standardised columns; the useless ones become 0 (0)'
complete -c reel -n '__reel_command fit' -l loss -x -a 'l1 mse huber smooth_l1 quantile log_cosh' -d 'l1 (absolute error: medians), mse (squared: means), huber, smooth_l1 and log_cosh (squared near 0, absolute far off) or quantile (l1)'
complete -c reel -n '__reel_command fit' -l quantile -x -d 'which one, with --loss quantile (0.5)'
complete -c reel -n '__reel_command fit' -l weight-decay -x -d 'pull of the weights to 0 (for networks trained by adamw 0.02, or what trials on parts of a small table find best; otherwise 0)'
complete -c reel -n '__reel_command fit' -l batch-size -x -d 'rows for a step (32 to 256 by the number of rows; all of up to 1024 for linear regression)'
complete -c reel -n '__reel_command fit' -l clip -x -d 'longest gradient (no limit)'
complete -c reel -n '__reel_command fit' -l epochs -x -d 'times to go through the rows (100, more for small tables)'
complete -c reel -n '__reel_command fit' -l lr -x -d 'learning rate at the start (0.01; 0.1 for adagrad and asgd, 1 for adadelta and lbfgs)'
complete -c reel -n '__reel_command fit' -l momentum -x -d 'of sgd and rmsprop (0.9 for sgd)'
complete -c reel -n '__reel_command fit' -l optimizer -x -a 'adam adamw sgd rmsprop adagrad adadelta adamax nadam radam asgd rprop lbfgs levenberg_marquardt' -d 'adam, adamw, sgd, rmsprop, adagrad, adadelta, adamax, nadam, radam, asgd, rprop, lbfgs or levenberg_marquardt (adamw); the last two go over all rows at once until it gets no better'
complete -c reel -n '__reel_command fit' -l patience -x -d 'stop after N epochs without a better validation loss'
complete -c reel -n '__reel_command fit' -l schedule -x -a 'none cosine linear step exponential one_cycle plateau patience' -d 'of the learning rate: none, cosine, linear, step, exponential, one_cycle, plateau or patience (cosine, which ends at 0; with --patience, patience: constant until it has run out, then down to 0 over as many epochs)'
complete -c reel -n '__reel_command fit' -l seed -x -d 'of all that is random (0)'
complete -c reel -n '__reel_command fit' -l threads -x -d 'threads to compute with; results do not depend on it (1)'
complete -c reel -n '__reel_command fit' -l validation-fraction -x -d 'share of the rows to validate on, whose best model is kept (0; with --patience 0.1, and in the end they are trained on, too)'
complete -c reel -n '__reel_command fit' -l force -d 'replace a file that is not a model'
complete -c reel -n '__reel_command fit' -l json -d 'one JSON object on standard output in place of text'
complete -c reel -n '__reel_command fit' -l no-save -d 'keep no model'
complete -c reel -n '__reel_command fit' -l out -r -F -d 'where the model goes (model.safetensors)'
complete -c reel -n '__reel_command fit' -l plot -r -F -d 'picture of the losses: .svg, .png, .pdf, or - for the terminal'
complete -c reel -n '__reel_command fit' -l plot-predictions -r -F -d 'picture of predicted against true values'
complete -c reel -n '__reel_command fit' -l quiet -d 'no progress and no warnings'
complete -c reel -n '__reel_command fit' -l help -d 'Give this help list'
complete -c reel -n '__reel_command fit' -l usage -d 'Give a short usage message'
complete -c reel -n '__reel_command fit' -l version -d 'Print program version'
complete -c reel -n '__reel_command evaluate' -l decimal -x -d 'in numbers: \'.\' or \',\' (.)'
complete -c reel -n '__reel_command evaluate' -l importance -d 'how much larger the mean absolute error becomes where one column is shuffled'
complete -c reel -n '__reel_command evaluate' -l json -d 'one JSON object on standard output in place of text'
complete -c reel -n '__reel_command evaluate' -l no-header -d 'the first line is data; columns are called 1, 2, ...'
complete -c reel -n '__reel_command evaluate' -l plot-predictions -r -F -d 'picture of predicted against true values'
complete -c reel -n '__reel_command evaluate' -l quiet -d 'no progress and no warnings'
complete -c reel -n '__reel_command evaluate' -l separator -x -d 'between columns: a character or \'tab\' (found out from the first line)'
complete -c reel -n '__reel_command evaluate' -l text -x -a '(__reel_columns ,)' -d 'read as text though they look like numbers'
complete -c reel -n '__reel_command evaluate' -l threads -x -d 'threads to compute with; results do not depend on it (1)'
complete -c reel -n '__reel_command evaluate' -l help -d 'Give this help list'
complete -c reel -n '__reel_command evaluate' -l usage -d 'Give a short usage message'
complete -c reel -n '__reel_command evaluate' -l version -d 'Print program version'
complete -c reel -n '__reel_command predict' -l append -d 'with all columns of the table before the predictions'
complete -c reel -n '__reel_command predict' -l decimal -x -d 'in numbers: \'.\' or \',\' (.)'
complete -c reel -n '__reel_command predict' -l force -d 'replace a file that holds no predictions of this target'
complete -c reel -n '__reel_command predict' -l json -d 'one JSON object on standard output in place of text'
complete -c reel -n '__reel_command predict' -l keep -x -a '(__reel_columns ,)' -d 'with these columns of the table before the predictions'
complete -c reel -n '__reel_command predict' -l no-header -d 'the first line is data; columns are called 1, 2, ...'
complete -c reel -n '__reel_command predict' -l out -r -F -d 'where the predictions go (standard output)'
complete -c reel -n '__reel_command predict' -l quiet -d 'no progress and no warnings'
complete -c reel -n '__reel_command predict' -l separator -x -d 'between columns: a character or \'tab\' (found out from the first line)'
complete -c reel -n '__reel_command predict' -l text -x -a '(__reel_columns ,)' -d 'read as text though they look like numbers'
complete -c reel -n '__reel_command predict' -l threads -x -d 'threads to compute with; results do not depend on it (1)'
complete -c reel -n '__reel_command predict' -l help -d 'Give this help list'
complete -c reel -n '__reel_command predict' -l usage -d 'Give a short usage message'
complete -c reel -n '__reel_command predict' -l version -d 'Print program version'
complete -c reel -n '__reel_command inspect' -l json -d 'one JSON object on standard output in place of text'
complete -c reel -n '__reel_command inspect' -l quiet -d 'no progress and no warnings'
complete -c reel -n '__reel_command inspect' -l help -d 'Give this help list'
complete -c reel -n '__reel_command inspect' -l usage -d 'Give a short usage message'
complete -c reel -n '__reel_command inspect' -l version -d 'Print program version'
complete -c reel -n '__reel_command explain' -l constant -x -d 'Names that want no gradient, with commas between them'
complete -c reel -n '__reel_command explain' -l dtype -x -d 'float64 (as it is) or float32'
complete -c reel -n '__reel_command explain' -l table -d 'Print the tape as a table instead'
complete -c reel -n '__reel_command explain' -l dot -r -F -d 'Write the graph in Graphviz\'s language, to draw with dot -Tsvg; - is standard output'
complete -c reel -n '__reel_command explain' -l html -r -F -d 'Write a page to step through in a browser; - is standard output'
complete -c reel -n '__reel_command explain' -l json -r -F -d 'Write the tape as JSON; - is standard output'
complete -c reel -n '__reel_command explain' -l lesson -x -d 'Show a lesson instead of an expression; with --html, as a page'
complete -c reel -n '__reel_command explain' -l lessons -d 'List the lessons'
complete -c reel -n '__reel_command explain' -l seed -x -d 'Other numbers in the lesson\'s questions'
complete -c reel -n '__reel_command explain' -l help -d 'Give this help list'
complete -c reel -n '__reel_command explain' -l usage -d 'Give a short usage message'
complete -c reel -n '__reel_command explain' -l version -d 'Print program version'
complete -c reel -n '__reel_command lab' -l help -d 'Give this help list'
complete -c reel -n '__reel_command lab' -l usage -d 'Give a short usage message'
complete -c reel -n '__reel_command lab' -l version -d 'Print program version'
complete -c reel -n '__reel_command export' -l c -r -F -d 'a C99 file that predicts, without anything but libm'
complete -c reel -n '__reel_command export' -l force -d 'replace a file that was not exported'
complete -c reel -n '__reel_command export' -l formula -r -F -d 'a line as a formula'
complete -c reel -n '__reel_command export' -l name -x -d 'what the names in it begin with (model)'
complete -c reel -n '__reel_command export' -l quiet -d 'no warnings'
complete -c reel -n '__reel_command export' -l sql -r -F -d 'a line as an expression in SQL'
complete -c reel -n '__reel_command export' -l help -d 'Give this help list'
complete -c reel -n '__reel_command export' -l usage -d 'Give a short usage message'
complete -c reel -n '__reel_command export' -l version -d 'Print program version'
# (end of the options)
