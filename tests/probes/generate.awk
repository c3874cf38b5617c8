# SPDX-License-Identifier: MIT
# From the public headers: C that calls every function once for each of its arguments' bad values, all
# else being as it should. A new function is in it without anybody's doing.
#
#   awk -f generate.awk include/reel/*.h >probes.c

# Comments and directives are left out, and what is left is one long line.
{
  line = $0
  kept = ""
  while (line != "") {
    if (in_comment) {
      i = index(line, "*/")
      line = i ? substr(line, i + 2) : ""
      in_comment = !i
    } else {
      i = index(line, "/*")
      kept = kept (i ? substr(line, 1, i - 1) : line)
      line = i ? substr(line, i + 2) : ""
      in_comment = i > 0
    }
  }
  if (continued || kept ~ /^ *#/) {
    continued = kept ~ /\\$/
    next
  }
  text = text " " kept
}

function trim(s) {
  gsub(/[ \t]+/, " ", s)
  sub(/^ /, "", s)
  sub(/ $/, "", s)
  return s
}

# "const int64_t *size" into type and name; what is an array is a pointer.
function take_apart(declaration) {
  declaration = trim(declaration)
  if (declaration ~ /\(/) {
    type = "function"
    name = "function"
    return
  }
  array = declaration ~ /\[/
  sub(/\[.*$/, "", declaration)
  match(declaration, /[A-Za-z_0-9]+$/)
  name = substr(declaration, RSTART)
  type = trim(substr(declaration, 1, RSTART - 1))
}

function is_handle(t) { return t ~ /^reel_(module|optimizer|scheduler|ema|table|encoder|early_stopping|loader|safetensors|npz|graph|file) \*$/ }

# The values, one a word, that an argument of this type should not have; "" if there are none.
function bad_values(type, name,   plain) {
  plain = type
  sub(/^const /, "", plain)
  if (plain == "reel_tensor *") return "NULL bad.poison bad.stale bad.freed bad.foreign bad.no_base bad.whole bad.truth bad.wide bad.empty bad.number"
  if (is_handle(plain)) {
    sub(/ \*$/, "", plain)
    sub(/^reel_/, "", plain)
    return "NULL freed." plain
  }
  if (type == "function" || type ~ /\*$/) return "NULL"
  if (type == "double") return "(double)NAN (double)INFINITY -(double)INFINITY -1 -DBL_MAX DBL_MAX"
  if (type == "int64_t") return "INT64_MIN INT64_MAX -1 0 INT64_MAX/2+1"
  if (type == "uint64_t") return "UINT64_MAX"
  if (type == "int") return name ~ /count|capacity/ ? "INT_MIN -1 0" : "INT_MIN INT_MAX -1 0 9"
  if (type == "size_t") return name ~ /count|capacity/ ? "0" : "SIZE_MAX"
  if (type in enums) return "(" type ")77 (" type ")-1"
  return ""
}

# A value that is none of those.
function good_value(type, name,   plain) {
  plain = type
  sub(/^const /, "", plain)
  if (plain == "reel_tensor *") return "good.x"
  if (plain == "reel *") return "good.r"
  if (is_handle(plain)) {
    sub(/ \*$/, "", plain)
    sub(/^reel_/, "", plain)
    return "good." plain
  }
  if (type == "reel_tensor *const *") return "good.list"
  if (type == "reel_tensor **") return "good.out"
  if (type == "const int64_t *") return "good.size"
  if (type == "const char *") return name == "path" ? "good.path" : "\"weight\""
  if (type == "const char *const *") return "good.names"
  if (type == "reel_module *const *") return "good.modules"
  if (type == "reel_scheduler *const *") return "good.schedulers"
  if (type == "const reel_named_tensor *") return "good.named"
  if (type == "FILE *") return "good.stream"
  if (type == "reel_tensor_list") return "reel_parameters(good.module)"
  if (plain ~ /^(float|double|int64_t|bool|void|size_t) \*$/) return "(void *)good.numbers"
  if (type ~ /\*$/ || type == "function" || type in functions) return "NULL"
  if (type == "double") return "1"
  if (type == "bool") return "true"
  if (type == "int") return name ~ /ndim|count/ ? "2" : "1"
  if (type == "size_t") return name ~ /count/ ? "2" : "0"
  if (type ~ /^u?int64_t$/) return "1"
  return type in enums ? "(" type ")0" : "(" type "){0}"
}

function call(arguments, i,   c) {
  c = arguments[1]
  for (i = 2; i <= count; i++) c = c ", " arguments[i]
  c = function_name "(" c ")"
  return result == "reel_tensor *" ? "look_at(" c ")" : "(void)" c
}

function probe(at, value,   was) {
  was = argument[at]
  argument[at] = value
  gsub(/"/, "\\\"", value)
  printf "    begin(\"%s: %s = %s\");\n    %s;\n    end();\n", function_name, names[at], value, call(argument)
  argument[at] = was
}

# A struct's fields, each with its bad values, all else zero.
function probe_fields(at, struct, pointer,   k, n, field, values, v) {
  n = split(fields[struct], field, ";")
  for (k = 1; k <= n; k++) {
    if (field[k] ~ /[^ ]/) {
      take_apart(field[k])
      number_of_values = type ~ /^const .*\*$/ && type != "const reel_tensor *" ? 0 : split(bad_values(type, name), values, " ")
      if (type == "size_t") number_of_values = 0
      for (v = 1; v <= number_of_values; v++)
        if (values[v] != "NULL") {
          value = "{." name " = " (array ? "{" values[v] "}" : values[v]) "}"
          probe(at, "(" struct (pointer ? "[2]){" value ", " value "}" : ")" value))
        }
    }
  }
}

function probes(declaration,   i, depth, c, current, values, v, k, struct) {
  i = index(declaration, "(")
  function_name = substr(declaration, 1, i - 1)
  match(function_name, /[A-Za-z_0-9]+$/)
  result = trim(substr(function_name, 1, RSTART - 1))
  function_name = substr(function_name, RSTART)
  if (function_name ~ /^reel_(free|new|new_with|call_keep|call_fail)$/ || declaration ~ /\.\.\./) return
  count = depth = 0
  current = ""
  for (i++; i <= length(declaration); i++) {
    c = substr(declaration, i, 1)
    if ((c == "," || c == ")") && depth == 0) {
      take_apart(current)
      if (type != "" || name != "void") {
        types[++count] = type
        names[count] = name
        argument[count] = good_value(type, name)
      }
      current = ""
      if (c == ")") break
      continue
    }
    depth += c == "(" ? 1 : c == ")" ? -1 : 0
    current = current c
  }
  if (count == 0) return
  printf "static void probe_%d(void) /* %s */\n{\n", ++functions_seen, function_name
  for (k = 1; k <= count; k++) {
    number = split(bad_values(types[k], names[k]), values, " ")
    if (types[k] in functions) { number = 1; values[1] = "NULL" }
    for (v = 1; v <= number; v++) probe(k, values[v])
    if (types[k] == "reel_tensor_list") probe(k, "(reel_tensor_list){good.r, NULL, 2}")
    struct = types[k]
    sub(/^const /, "", struct)
    if (sub(/ \*$/, "", struct)) { if (struct in fields) probe_fields(k, struct, 1) }
    else if (struct in fields) probe_fields(k, struct, 0)
  }
  print "}\n"
}

END {
  gsub(/[ \t]+/, " ", text)
  gsub(/__attribute__ *\(\([^;]*\)\)/, "", text)
  rest = text
  while (match(rest, /typedef (enum|struct) [a-z_0-9]+ \{[^}]*\}/)) {
    body = substr(rest, RSTART, RLENGTH)
    rest = substr(rest, RSTART + RLENGTH)
    split(body, word, " ")
    i = index(body, "{")
    if (word[2] == "enum") enums[word[3]] = 1
    else if (body !~ /\(/) {
      inside = substr(body, i + 1, length(body) - i - 1)
      fields[word[3]] = inside
    }
  }
  rest = text
  while (match(rest, /typedef [a-z_0-9 ]+\*? ?\(\*[a-z_0-9]+\)/)) {
    body = substr(rest, RSTART, RLENGTH)
    rest = substr(rest, RSTART + RLENGTH)
    sub(/.*\(\*/, "", body)
    sub(/\)/, "", body)
    functions[body] = 1
  }
  rest = text
  while (match(rest, /typedef reel_[a-z_0-9]+ reel_[a-z_0-9]+;/)) {
    split(substr(rest, RSTART, RLENGTH - 1), word, " ")
    rest = substr(rest, RSTART + RLENGTH)
    if (word[2] in fields) fields[word[3]] = fields[word[2]]
  }
  print "/* Made by tests/probes/generate.awk. */\n#include \"probes.h\"\n"
  rest = text
  while (i = index(rest, "REEL_API ")) {
    rest = substr(rest, i + 9)
    probes(substr(rest, 1, index(rest, ";") - 1))
  }
  print "static void (*const probes[])(void) = {"
  for (i = 1; i <= functions_seen; i++) printf "    probe_%d,\n", i
  print "};\n\nint main(void) { return run(probes, sizeof probes / sizeof *probes); }"
}
