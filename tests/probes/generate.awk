# SPDX-License-Identifier: MIT
# From the public headers: C that calls every function once for each of its arguments' bad values, all
# else being as it should. A new function is in it without anybody's doing.
#
#   awk -f ../declarations.awk -f generate.awk include/reel/*.h >probes.c

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
  if (type == "function" || type in is_function || type ~ /\*$/) return "NULL"
  if (type == "double") return "(double)NAN (double)INFINITY -(double)INFINITY -1 -DBL_MAX DBL_MAX"
  if (type == "int64_t") return "INT64_MIN INT64_MAX -1 0 INT64_MAX/2+1"
  if (type == "uint64_t") return "UINT64_MAX"
  if (type == "int") return name ~ /count|capacity/ ? "INT_MIN -1 0" : "INT_MIN INT_MAX -1 0 9"
  if (type == "size_t") return name ~ /count|capacity/ ? "0" : "SIZE_MAX"
  if (type in values_of) return "(" type ")77 (" type ")-1"
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
  if (type ~ /\*$/ || type == "function" || type in is_function) return "NULL"
  if (type == "double") return "1"
  if (type == "bool") return "true"
  if (type == "int") return name ~ /ndim|count/ ? "2" : "1"
  if (type == "size_t") return name ~ /count/ ? "2" : "0"
  if (type ~ /^u?int64_t$/) return "1"
  return type in values_of ? "(" type ")0" : "(" type "){0}"
}

function call(arguments, i,   c) {
  c = arguments[1]
  for (i = 2; i <= count; i++) c = c ", " arguments[i]
  c = current_function "(" c ")"
  return result_type == "reel_tensor *" ? "look_at(" c ")" : "(void)" c
}

function probe(at, value,   was) {
  was = argument[at]
  argument[at] = value
  gsub(/"/, "\\\"", value)
  printf "    begin(\"%s: %s = %s\");\n    %s;\n    end();\n", current_function, names[at], value, call(argument)
  argument[at] = was
}

# A struct's fields, each with its bad values, all else zero.
function probe_fields(at, struct, pointer,   k, field, type, array, number_of_values, values, v) {
  for (k = 1; k <= fields[struct]; k++) {
    field = name_of[struct, k]
    type = type_of[struct, k]
    array = array_of[struct, k] != ""
    number_of_values = type ~ /^const .*\*$/ && type != "const reel_tensor *" ? 0 : split(bad_values(type, field), values, " ")
    if (type == "size_t") number_of_values = 0
    for (v = 1; v <= number_of_values; v++)
      if (values[v] != "NULL") {
        value = "{." field " = " (array ? "{" values[v] "}" : values[v]) "}"
        probe(at, "(" struct (pointer ? "[2]){" value ", " value "}" : ")" value))
      }
  }
}

function probes(f,   k, values, number, v, struct) {
  current_function = function_name[f]
  result_type = result[f]
  count = parameters[f]
  if (current_function ~ /^reel_(free|new|new_with|call_keep|call_fail)$/ || variadic[f] || count == 0) return
  for (k = 1; k <= count; k++) {
    names[k] = name_of[f, k]
    argument[k] = good_value(type_of[f, k], names[k])
  }
  printf "static void probe_%d(void) /* %s */\n{\n", ++functions_seen, current_function
  for (k = 1; k <= count; k++) {
    number = split(bad_values(type_of[f, k], names[k]), values, " ")
    for (v = 1; v <= number; v++) probe(k, values[v])
    if (type_of[f, k] == "reel_tensor_list") probe(k, "(reel_tensor_list){good.r, NULL, 2}")
    struct = struct_of(type_of[f, k])
    if (struct in fields) probe_fields(k, struct, struct != type_of[f, k])
  }
  print "}\n"
}

END {
  print "/* Made by tests/probes/generate.awk. */\n#include \"probes.h\"\n"
  for (i = 1; i <= declared; i++) probes(i)
  print "static void (*const probes[])(void) = {"
  for (i = 1; i <= functions_seen; i++) printf "    probe_%d,\n", i
  print "};\n\nint main(void) { return run(probes, sizeof probes / sizeof *probes); }"
}
