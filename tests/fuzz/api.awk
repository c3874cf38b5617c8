# SPDX-License-Identifier: MIT
# From the public headers: for every function one that draws its arguments from the input's bytes, calls it and
# looks at what comes back. A new function is in it without anybody's doing; what this cannot draw is an error.
# How values of a type are drawn is said in api.h and api_callbacks.h, what is looked at in api_results.h.
#
#   awk -f ../declarations.awk -f api.awk include/reel/*.h >api_calls.h

BEGIN {
  # What is not called, and why.
  left_out["reel_new"] = left_out["reel_new_with"] = left_out["reel_free"] = "a reel is the input's first and last: api.c"
  left_out["reel_set_message_handler"] = "the handler is the one that counts"
  left_out["reel_call_keep"] = left_out["reel_call_fail"] = "for a callback that has a reel_call: api.h's call them"
  left_out["reel_model_predict_all"] = left_out["reel_model_predict_table_all"] = "its model says how many numbers a row has: unit/classes calls it"
  left_out["reel_model_predict"] = "its encoder says how many cells a row has: unit/model calls it"
  left_out["reel_print"] = "writes to stdout what reel_repr returns"

  # Drawn by hand, in api.h, for chance would make few that hold together.
  by_hand["draw", "reel_tensor_list"] = by_hand["draw", "reel_custom_op"] = by_hand["array", "reel_named_tensor"] = 1
  by_hand["draw", "reel_table_team"] = by_hand["array", "reel_table_team"] = 1

  # Arrays that another count tells of than the one beside them.
  has_room["reel_custom_all", "outputs"] = 1

  # Loops are as long as these numbers, rightly, so they are small.
  for (i = split("max_iter max_eval ns_steps history_size k", word, " "); i > 0; i--) small[word[i]] = 1
}

function fail(what) {
  print "api.awk: " what ": say in api.awk, or in api.h, how to draw that" >"/dev/stderr"
  failed = 1
}

# The count that says how long array k is: the next one, or that of dims before it; "" if none does.
function count_for(owner, k, last,   i) {
  for (i = k + 1; i <= last; i++) if (is_count(owner, i)) return name_of[owner, i]
  for (i = k - 1; i >= 1; i--) if (is_count(owner, i)) return name_of[owner, i]
  return ""
}

function is_count(owner, i) {
  return type_of[owner, i] ~ /^(int|size_t)$/ && name_of[owner, i] ~ /(count|ndim|capacity)$/ || \
    type_of[owner, i] == "size_t" && name_of[owner, i] == "size"
}

function is_array(type, owner, k) {
  if (type ~ /\*(const )?\*$/ || type == "const int64_t *" || type ~ /^const (double|void) \*$/) return 1
  return type ~ /^const reel_[a-z_0-9]+ \*$/ && struct_of(type) in fields && is_count(owner, k + 1)
}

# A C expression that draws a value; `room` is what says how many elements an array has.
function draw(type, name, room,   plain) {
  plain = struct_of(type)
  if (type ~ /^(const )?reel_tensor \*$/) return "draw_tensor()"
  if (type ~ /^(const )?reel \*$/) return "draw_reel()"
  if (type in fields) return "draw_" type "()"
  if (type in values_of) return "(" type ")draw_choice(" values_of[type] ")"
  if (type == "double") return "draw_number()"
  if (type == "bool") return "draw_flip()"
  if (type == "char") return "(char)draw_byte()"
  if (type == "int64_t" && name == "count") return "draw_numel()"
  if (type == "int64_t") return name in small ? "draw_few()" : "draw_whole()"
  if (type == "uint64_t") return "draw_remembered()"
  if (type == "size_t") return "draw_place()"
  if (type ~ /^(int|unsigned)$/) return "(" type ")" (name in small ? "draw_few()" : "draw_whole()")
  if (type == "const char *" && name == "cache") return "draw_path()" # which is written to
  if (type == "const char *") return "draw_" (name ~ /^(path|json|equation)$/ ? name : "name") "()"
  if (type == "FILE *") return "draw_stream()"
  if (type == "const reel_table_team *") return "NULL" # of processes that meet: unit/table_team
  if (type ~ /void \*$/ && name == "context") return "NULL"
  if (type == "const int64_t *" && name == "values") return "draw_values()"
  if (type == "const int64_t *") return "draw_wholes(" room ")"
  if (type == "const double *" || type == "const float *") return "draw_values()"
  if (type == "const void *") return "exact(" room ", 1)"
  if (type == "const bool *") return "draw_truths()"
  if (type ~ /^(double|float|bool|int64_t|size_t) \*$/) return "draw_room_for_values()"
  if (type == "reel_tensor *const *") return "draw_tensors(" room ")"
  if (type == "reel_tensor **") return "draw_outs(" room ")"
  if (type == "const char *const *") return "draw_names(" room ")"
  if (type ~ /^reel_[a-z_]+ \*const \*$/) {
    sub(/ \*const \*$/, "", type)
    return "(" type " *const *)draw_handles(KIND_" substr(type, 6) ", " room ")"
  }
  if (is_handle(type)) return "draw_handle(KIND_" substr(plain, 6) ")"
  if (type == "function") return "callback_" name "()"
  if (type in is_function) return "callback_" type "()"
  fail("a " type)
}

# A declaration whose last letter may be a star.
function variable(type, name) { return type ~ /\*$/ ? type name : type " " name }

function room_of(owner, k, last, before,   count) {
  count = (function_name[owner], name_of[owner, k]) in has_room ? "" : count_for(owner, k, last)
  return count == "" ? "MANY" : "ROOM(" before count ")"
}

# Half of the fields, by the bits of two bytes; the others are 0, which is the default.
function draw_struct(struct,   k, last, type, name, bit) {
  last = fields[struct]
  printf "static %s draw_%s(void)\n{\n    %s it = {0};\n    unsigned some = draw_bits();\n    (void)some;\n", struct, struct, struct
  for (k = 1; k <= last; k++) if (is_count(struct, k)) printf "    it.%s = (%s)draw_count();\n", name_of[struct, k], type_of[struct, k]
  for (k = 1; k <= last; k++) {
    type = type_of[struct, k]
    name = name_of[struct, k]
    bit = "    if (some >> " (k - 1) " & 1) "
    if (is_count(struct, k) || type == "void *") continue
    if (type ~ /^const .*\*$/ && is_array(type, struct, k) && struct_of(type) in fields)
      printf "    it.%s = array_%s(%s);\n", name, struct_of(type), room_of(struct, k, last, "it.")
    else if (type == "const int64_t *" && !is_count(struct, k + 1)) print bit "it." name " = draw_wholes(1);"
    else if (type == "function" || type in is_function) print bit "it." name " = " draw("function", name) ";"
    else if (array_of[struct, k] != "") {
      print "    for (size_t i = 0; i < sizeof it." name " / sizeof *it." name "; i++) {"
      print "        it." name "[i] = " draw(type, name) ";\n    }"
    } else if (type ~ /\*const \*$/) print "    it." name " = " draw(type, name, room_of(struct, k, last, "it.")) ";"
    else if (type == "const int64_t *") print "    it." name " = " draw(type, name, room_of(struct, k, last, "it.")) ";"
    else if (type ~ /^const double \*$/ && name ~ /s$/) print bit "it." name " = draw_values();"
    else print bit "it." name " = " draw(type, name) ";"
  }
  print "    return it;\n}\n"
}

function array_struct(struct) {
  printf "static %s *array_%s(int room)\n{\n", struct, struct
  printf "    %s *it = exact(room, sizeof *it);\n    for (int i = 0; i < room && it; i++) {\n", struct
  printf "        it[i] = draw_%s();\n    }\n    return it;\n}\n\n", struct
}

# Looks at a struct that came back.
function take_struct(struct,   k, type, name, count) {
  printf "static void take_%s(%s it)\n{\n", struct, struct
  for (k = 1; k <= fields[struct]; k++) {
    type = type_of[struct, k]
    name = "it." name_of[struct, k]
    count = "it." count_for(struct, k, fields[struct])
    if (type == "reel_tensor *") print "    take_" (k == 1 ? "tensor" : "more") "(" name ");"
    else if (type in fields) print "    take_" type "(" name ");"
    else if (type == "const char *") print "    take_text(" name ");"
    else if (type == "const char *const *") printf "    for (size_t i = 0; i < %s; i++) {\n        take_text(%s[i]);\n    }\n", count, name
    else if (type == "reel_tensor *const *") printf "    for (size_t i = 0; i < %s; i++) {\n        take_more(%s[i]);\n    }\n", count, name
    else if (type ~ /^const reel_.*\*$/)
      printf "    for (size_t i = 0; i < %s; i++) {\n        take_%s(%s[i]);\n    }\n", count, struct_of(type), name
  }
  print "    (void)it;\n}\n"
}

# What looks at a result of this type; "" if there is nothing to see.
function taker(type) {
  if (type == "void") return ""
  if (type == "reel_tensor *") return "take_tensor"
  if (type == "reel_status") return "take_status"
  if (type in fields) return "take_" type
  if (type == "const char *") return "take_text"
  if (type == "double") return "take_number"
  if (type == "uint64_t") return "remember"
  if (type ~ /^(bool|int|size_t|int64_t)$/ || type in values_of) return "take_whole"
  if (is_handle(type)) return "take_handle"
  return "take_pointer"
}

function call(f,   k, type, name, struct, arguments, how, out) {
  printf "static void call_%d(void)\n{\n", f
  for (k = 1; k <= parameters[f]; k++)
    if (is_count(f, k)) printf "    %s = (%s)draw_count();\n", variable("const " type_of[f, k], name_of[f, k]), type_of[f, k]
  for (k = 1; k <= parameters[f]; k++) {
    type = type_of[f, k]
    name = name_of[f, k]
    struct = struct_of(type)
    arguments = arguments (k > 1 ? ", " : "") (type == "function" ? draw(type, name) : name)
    if (is_count(f, k) || type == "function") continue
    if (name == "format") {
      arguments = arguments ", \"x\", 7"
      print "    static const char format[] = \"%s %d\";"
    } else if (struct != type && struct in fields) {
      if (is_array(type, f, k)) printf "    const %s *%s = array_%s(%s);\n", struct, name, struct, room_of(f, k, parameters[f], "")
      else if (type ~ /^const/) printf "    const %s %s_it = draw_%s(), *%s = rarely() ? NULL : &%s_it;\n", struct, name, struct, name, name
      else {
        printf "    %s %s_it = {0}, *%s = rarely() ? NULL : &%s_it;\n", struct, name, name, name
        out = out "    take_" struct "(" name "_it);\n"
      }
    } else {
      if (type == "reel_tensor **") out = out "    take_outs(" name ", " room_of(f, k, parameters[f], "") ");\n"
      print "    " variable(type, name) " = " draw(type, name, room_of(f, k, parameters[f], "")) ";"
    }
  }
  how = taker(result[f])
  arguments = function_name[f] "(" arguments ")"
  printf "    begin_call(\"%s\");\n", function_name[f]
  if (how == "take_handle") printf "    take_handle(KIND_%s, %s);\n", substr(struct_of(result[f]), 6), arguments
  else if (how == "take_pointer") printf "    take_pointer((const void *)%s);\n", arguments
  else if (how == "take_whole") printf "    take_whole((int64_t)%s);\n", arguments
  else if (how == "") print "    " arguments ";"
  else printf "    %s(%s);\n", how, arguments
  printf "%s    end_call();\n}\n\n", out
}

# Structs in the order in which they need one another: how they are drawn, alone or as arrays, or looked at.
function make(what, struct,   k, type) {
  if ((what, struct) in done || (what, struct) in by_hand) return
  done[what, struct] = 1
  for (k = 1; k <= fields[struct]; k++) {
    type = struct_of(type_of[struct, k])
    if (type in fields) make(what == "take" ? "take" : type != type_of[struct, k] ? "array" : "draw", type)
  }
  if (what == "array") make("draw", struct)
  if (what == "take") take_struct(struct)
  else if (what == "draw") draw_struct(struct)
  else array_struct(struct)
}

function make_all(f,   k, type) {
  if (result[f] in fields) make("take", result[f])
  for (k = 1; k <= parameters[f]; k++) {
    type = type_of[f, k]
    if (struct_of(type) in fields)
      make(is_array(type, f, k) ? "array" : type ~ /^const|[a-z]$/ ? "draw" : "take", struct_of(type))
  }
}

END {
  print "/* Made by tests/fuzz/api.awk. */"
  print "#pragma GCC diagnostic ignored \"-Wshadow\" /* parameters have any names */"
  print "enum kind {"
  for (f = 1; f <= declared; f++)
    if (is_handle(result[f]) && !((result[f]) in seen)) {
      seen[result[f]] = 1
      print "    KIND_" substr(struct_of(result[f]), 6) ","
    }
  print "    KINDS\n};\n#include \"api_callbacks.h\"\n#include \"api_results.h\"\n"
  for (f = 1; f <= declared; f++) {
    if (function_name[f] in left_out) continue
    make_all(f)
    call(f)
  }
  print "static const function functions[] = {"
  for (f = 1; f <= declared; f++)
    if (!(function_name[f] in left_out)) printf "    {\"%s\", call_%d},\n", function_name[f], f
  print "};\n\nstatic const char *const left_out[][2] = {"
  for (name in left_out) printf "    {\"%s\", \"%s\"},\n", name, left_out[name]
  print "};"
  if (failed) exit 1
}
