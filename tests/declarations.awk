# SPDX-License-Identifier: MIT
# Reads the public headers for what is made of them; the other half of a pair such as
#
#   awk -f declarations.awk -f probes/generate.awk include/reel/*.h
#
# whose END then finds, from 1 to declared:
#
#   function_name[i], result[i], parameters[i], variadic[i]
#   type_of[i, k], name_of[i, k]    of a parameter; an array's type is a pointer, a function's "function" or its typedef
#   fields[struct], and of each field type_of, name_of and array_of (what stands in brackets) by [struct, k]
#   values_of[enum], how many       is_function[typedef]

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

# "const int64_t *size" into type, name and array.
function take_apart(declaration) {
  declaration = trim(declaration)
  array = ""
  if (declaration ~ /\(/) {
    type = name = "function"
    if (match(declaration, /\(\*[a-z_0-9]+\)/)) name = substr(declaration, RSTART + 2, RLENGTH - 3)
    return
  }
  if (match(declaration, /\[.*$/)) {
    array = substr(declaration, RSTART + 1, RLENGTH - 2)
    declaration = substr(declaration, 1, RSTART - 1)
  }
  match(declaration, /[A-Za-z_0-9]+$/)
  name = substr(declaration, RSTART)
  type = trim(substr(declaration, 1, RSTART - 1))
}

function is_handle(t) { return t ~ /^(const )?reel_[a-z_]+ \*$/ && t !~ /reel_tensor \*$/ && !(struct_of(t) in fields) }
# "const reel_module *" without const and star.
function struct_of(t) {
  sub(/^const /, "", t)
  sub(/ \*$/, "", t)
  return t
}

function read_function(declaration,   i, depth, c, current) {
  i = index(declaration, "(")
  take_apart(substr(declaration, 1, i - 1))
  function_name[++declared] = name
  result[declared] = type
  variadic[declared] = declaration ~ /\.\.\./
  depth = 0
  current = ""
  for (i++; i <= length(declaration); i++) {
    c = substr(declaration, i, 1)
    if ((c == "," || c == ")") && depth == 0) {
      take_apart(current)
      if (name != "void" && type != "") {
        type_of[declared, ++parameters[declared]] = array == "" ? type : type " *"
        name_of[declared, parameters[declared]] = name
      }
      current = ""
      if (c == ")") break
      continue
    }
    depth += c == "(" ? 1 : c == ")" ? -1 : 0
    current = current c
  }
}

function read_struct(struct, inside,   k, n, field) {
  n = split(inside, field, ";")
  fields[struct] = 0
  for (k = 1; k <= n; k++) {
    if (field[k] !~ /[^ ]/) continue
    take_apart(field[k])
    type_of[struct, ++fields[struct]] = type
    name_of[struct, fields[struct]] = name
    array_of[struct, fields[struct]] = array
  }
}

function same_struct(other, struct,   k) {
  for (k = 1; k <= fields[struct]; k++) {
    type_of[other, k] = type_of[struct, k]
    name_of[other, k] = name_of[struct, k]
    array_of[other, k] = array_of[struct, k]
  }
  fields[other] = fields[struct]
}

END {
  gsub(/[ \t]+/, " ", text)
  gsub(/__attribute__ *\(\([^;]*\)\)/, "", text)
  rest = text
  while (match(rest, /typedef (enum|struct) [a-z_0-9]+ \{[^}]*\}/)) {
    body = substr(rest, RSTART, RLENGTH - 1)
    rest = substr(rest, RSTART + RLENGTH)
    split(body, word, " ")
    body = substr(body, index(body, "{") + 1)
    if (word[2] == "enum") values_of[word[3]] = split(body, word_of_body, ",")
    else read_struct(word[3], body)
  }
  rest = text
  while (match(rest, /typedef [a-z_0-9 ]+\*? ?\(\*[a-z_0-9]+\)/)) {
    body = substr(rest, RSTART, RLENGTH)
    rest = substr(rest, RSTART + RLENGTH)
    sub(/.*\(\*/, "", body)
    sub(/\)/, "", body)
    is_function[body] = 1
  }
  rest = text
  while (match(rest, /typedef reel_[a-z_0-9]+ reel_[a-z_0-9]+;/)) {
    split(substr(rest, RSTART, RLENGTH - 1), word, " ")
    rest = substr(rest, RSTART + RLENGTH)
    if (word[2] in fields) same_struct(word[3], word[2])
  }
  rest = text
  while (i = index(rest, "REEL_API ")) {
    rest = substr(rest, i + 9)
    read_function(substr(rest, 1, index(rest, ";") - 1))
  }
}
