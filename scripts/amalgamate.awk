# SPDX-License-Identifier: MIT
# Joins source files to one: called by amalgamate.sh, which says in what order.
#
#   awk -v folders="src/base src/kernel …" -f amalgamate.awk <list>
#
# Each line of the list is `unit <file> <prefix>`, a C file and what its own names get in front;
# `own` from here on each unit gets the headers that are new to it, and they are its own;
# or `text …`, a line to be copied.
#
# A unit's own names (static functions, types, constants: whatever it declares at file scope without
# reel_ or reeli_) clash with other files', so its prefix goes in front of them; what it defines as a
# macro is undefined at its end. Names that macros paste together are left as they are.

function fail(message) {
  print "amalgamate: " message >"/dev/stderr"
  failed = 1
  exit 1
}

function load(path,   n, line) {
  if (path in lines) return
  n = 0
  while ((getline line <path) > 0) text[path, ++n] = line
  close(path)
  if (n == 0) fail("cannot read " path)
  lines[path] = n
  guarded[path] = 0
  for (i = 1; i <= n && i <= 12; i++)
    if (text[path, i] ~ /^#ifndef REELI?_[A-Z0-9_]*_H$/) guarded[path] = 1
}

# Where an #include "name" in `from` leads.
function resolve(name, from,   folder, path, i, n, all, line) {
  folder = from
  sub(/\/[^\/]*$/, "", folder)
  n = split(folder " " folders, all, " ")
  for (i = 1; i <= n; i++) {
    path = all[i] "/" name
    if (path in lines) return path
    if ((getline line <path) > 0) {
      close(path)
      return path
    }
  }
  fail(from ": cannot find " name)
}

# The line without its comments; in_comment tells whether one goes on.
function without_comments(line,   out, at) {
  out = ""
  while (line != "") {
    if (in_comment) {
      at = index(line, "*/")
      if (!at) return out
      line = substr(line, at + 2)
      in_comment = 0
    } else if (match(line, /^"([^"\\]|\\.)*"/) || match(line, /^'([^'\\]|\\.)*'/)) {
      out = out substr(line, 1, RLENGTH)
      line = substr(line, RLENGTH + 1)
    } else if (substr(line, 1, 2) == "/*") {
      in_comment = 1
      line = substr(line, 3)
    } else {
      out = out substr(line, 1, 1)
      line = substr(line, 2)
    }
  }
  return out
}

# Adds a file to the unit, with what it includes. `how` is own, shared (a header's names are reeli_'s
# or meant for all) or rows (of an X macro).
function gather(path, how,   i, line, name, inner, again) {
  load(path)
  again = copies[path]++
  for (i = 1; i <= lines[path]; i++) {
    line = text[path, i]
    if (line ~ /^\/\* SPDX/ || line ~ /^#define _[A-Z_]*_SOURCE/ || line ~ /#include <reel\//) continue
    if (line ~ /^[ \t]*#[ \t]*include[ \t]*"/) {
      name = line
      gsub(/^[^"]*"|"[^"]*$/, "", name)
      inner = resolve(name, path)
      load(inner)
      if (how == "rows") gather(inner, how)
      else if (guarded[inner]) {
        if (inner in seen) continue
        seen[inner] = 1
        gather(inner, everything_own ? "own" : "shared")
      } else
        gather(inner, inner ~ /\.def$/ ? "rows" : how)
      continue
    }
    if (again) {
      line = without_comments(line)
      sub(/[ \t]+$/, "", line)
      if (line == "") continue
    }
    unit[++size] = line
    kind[size] = how
  }
}

# Splits the unit into tokens; T the text, S what it is: i(dentifier), p(unctuation), s(pace and
# comments), n(ewline), l(iteral); D whether in a directive, O whether of the unit's own lines, R of rows.
function tokenize(   i, line, part, what, directive) {
  count = 0
  in_comment = directive = 0
  for (i = 1; i <= size; i++) {
    line = unit[i]
    if (!in_comment && !directive && line ~ /^[ \t]*#/) directive = 1
    while (line != "") {
      if (in_comment) {
        what = "s"
        RLENGTH = index(line, "*/")
        if (RLENGTH) in_comment = 0
        RLENGTH = RLENGTH ? RLENGTH + 1 : length(line)
      } else if (match(line, /^[ \t]+/)) what = "s"
      else if (match(line, /^[A-Za-z_][A-Za-z0-9_]*/)) what = "i"
      else if (match(line, /^\.?[0-9]([eEpP][+-]|[A-Za-z0-9_.])*/)) what = "l"
      else if (match(line, /^"([^"\\]|\\.)*"/) || match(line, /^'([^'\\]|\\.)*'/)) what = "l"
      else if (substr(line, 1, 2) == "/*") {
        what = "s"
        in_comment = 1
        RLENGTH = 2
      } else {
        what = "p"
        RLENGTH = line ~ /^(->|##)/ ? 2 : line ~ /^\.\.\./ ? 3 : 1
      }
      part = substr(line, 1, RLENGTH)
      line = substr(line, RLENGTH + 1)
      add(part, what, directive, kind[i])
    }
    if (directive && !in_comment && unit[i] !~ /\\$/) directive = 0
    add("\n", "n", directive, kind[i])
  }
}

function add(part, what, directive, how) {
  T[++count] = part
  S[count] = what
  D[count] = directive
  O[count] = how == "own"
  R[count] = how == "rows"
}

# The next or previous token that is no space.
function next_of(i) {
  do i++; while (i <= count && (S[i] == "s" || S[i] == "n"))
  return i
}
function previous_of(i) {
  do i--; while (i > 0 && (S[i] == "s" || S[i] == "n"))
  return i
}

function own_name(name) {
  if (name in keyword || name in macro || name ~ /^(_|reeli?_|REELI?_)/) return
  own[name] = 1
}

# The names that a unit declares, from declarations gathered in d[1..n].
function find_names(   i, n, depth, parens, in_enum, before) {
  split("", own)
  n = depth = parens = in_enum = 0
  for (i = 1; i <= count; i++) {
    if (D[i] || S[i] == "s" || S[i] == "n") continue
    if (depth) { # in a body
      if (T[i] == "{") depth++
      else if (T[i] == "}" && --depth == 0) in_enum = 0
      else if (in_enum && depth == 1 && S[i] == "i") {
        before = T[previous_of(i)]
        if (O[i] && (before == "{" || before == ",") && T[next_of(i)] != "(") own_name(T[i])
      }
      if (depth == 0 && function_body) n = 0
      continue
    }
    if (T[i] == "(") parens++
    else if (T[i] == ")") parens--
    if (T[i] == "{" && !parens) {
      depth = 1
      function_body = 0
      if (n && type_body(n)) {
        in_enum = d[n] == "enum" || d[n - 1] == "enum"
        if (O[i] && d[n] !~ /^(struct|union|enum)$/) own_name(d[n])
        d[++n] = "{}"
      } else if (!assigned(n)) {
        function_body = 1
        if (O[i]) function_name(n)
      }
    } else if (T[i] == ";" && !parens) {
      if (O[i]) declarators(n)
      n = 0
    } else
      d[++n] = T[i]
  }
}

function type_body(n) { return d[n] ~ /^(struct|union|enum)$/ || d[n - 1] ~ /^(struct|union|enum)$/ }

function assigned(n,   i) {
  for (i = 1; i <= n; i++) if (d[i] == "=") return i
  return 0
}

# Where the group in parentheses that ends at n begins.
function group_of(n,   depth) {
  for (depth = 0; n > 0; n--) {
    if (d[n] == ")" || d[n] == "]") depth++
    else if (d[n] == "(" || d[n] == "[") depth--
    if (depth == 0) return n
  }
  return 0
}

function is_name(word) { return word ~ /^[A-Za-z_][A-Za-z0-9_]*$/ }

function function_name(n) {
  if (d[n] == ")") n = group_of(n) - 1
  if (n > 0 && is_name(d[n])) own_name(d[n])
}

# `static int a, b[2] = {…};`, `typedef void (*a)(int);`, `} a;`
function declarators(n,   i, end, depth) {
  depth = 0
  end = n
  for (i = n; i >= 0; i--) {
    if (i == 0 || (depth == 0 && d[i] == ",")) {
      declarator(i + 1, end)
      end = i - 1
    } else if (d[i] == ")" || d[i] == "]") depth++
    else if (d[i] == "(" || d[i] == "[") depth--
  }
}

function declarator(from, n,   i) {
  for (i = from; i <= n; i++)
    if (d[i] == "=") {
      n = i - 1
      break
    }
  while (n > from && d[n] ~ /^[)\]]$/) {
    i = group_of(n)
    if (d[n] == ")" && d[i - 1] == ")") { # (*name)(…)
      for (n = i - 2; n > from && !is_name(d[n]); n--);
      break
    }
    n = i - 1
    if (d[n] == "__attribute__") n--
  }
  if (n >= from && is_name(d[n])) own_name(d[n])
}

# Whether the identifier at i is the name of an X macro's row, which is pasted to others.
function is_row_name(i,   before) {
  before = i - 1
  while (S[before] == "s") before--
  return T[before] == "(" && S[before - 1] == "i" && (before == 2 || S[before - 2] == "n")
}

# Whether the identifier at i is a member's name, in a struct's body, rather than a use of a name.
function is_member(i,   before, after) {
  before = T[previous_of(i)]
  if (before == "." || before == "->") return 1
  if (!in_struct || brackets) return 0
  after = T[next_of(i)]
  if (after == ")") return before == "*"
  return !struct_parens && after ~ /^[;,\[:]$/
}

function put(text) { printf "%s", text }

# Prints the unit with its own names in their prefix.
function print_unit(prefix,   i, depth, before, stack) {
  depth = in_struct = brackets = struct_parens = 0
  for (i = 1; i <= count; i++) {
    if (!D[i] && S[i] == "p") {
      if (T[i] == "{") {
        before = previous_of(i)
        stack[++depth] = in_struct
        in_struct = T[before] ~ /^(struct|union)$/ || T[previous_of(before)] ~ /^(struct|union)$/
      } else if (T[i] == "}") in_struct = stack[depth--]
      else if (T[i] == "[") brackets++
      else if (T[i] == "]") brackets--
      else if (in_struct && T[i] == "(") struct_parens++
      else if (in_struct && T[i] == ")") struct_parens--
    }
    if (S[i] == "i" && T[i] in own && (O[i] || (R[i] && !is_row_name(i))) && !is_member(i) && T[previous_of(i)] !~ /^##?$/ &&
        T[next_of(i)] != "##")
      put(prefix "_")
    put(T[i])
  }
}

# What the unit may leave defined as macros, order[1..macros], but for what its shared headers do.
function find_macros(   i, n, name, what, defined, all) {
  split("", macro)
  n = 0
  for (i in shared_macro) macro[i] = 1
  for (i = 1; i <= size; i++) {
    if (unit[i] !~ /^[ \t]*#[ \t]*(define|undef)[ \t]/) continue
    what = unit[i] ~ /undef/ ? "undef" : kind[i]
    name = unit[i]
    sub(/^[ \t]*#[ \t]*[a-z]+[ \t]+/, "", name)
    sub(/[^A-Za-z0-9_].*/, "", name)
    if (!(name in defined)) all[++n] = name
    if (what != "undef" || defined[name] == "shared") defined[name] = what
    macro[name] = 1
    if (what == "shared") shared_macro[name] = 1
    else if (what == "undef") delete shared_macro[name]
  }
  macros = 0
  for (i = 1; i <= n; i++)
    if (defined[all[i]] !~ /^(shared|undef)$/) order[++macros] = all[i]
}

function print_undefs(   i) {
  for (i = 1; i <= macros; i++) print "#undef " order[i]
}

function make_unit(path, prefix,   p) {
  size = 0
  split("", seen)
  for (p in before_units) seen[p] = 1
  gather(path, "own")
  if (!everything_own)
    for (p in seen) before_units[p] = 1
  find_macros()
  tokenize()
  find_names()
  print "\n/* " path " */"
  print_unit(prefix)
  print_undefs()
}

BEGIN {
  n = split("auto break case char const continue default do double else enum extern float for goto if " \
    "inline int long register restrict return short signed sizeof static struct switch typedef union " \
    "unsigned void volatile while bool", word, " ")
  for (i = 1; i <= n; i++) keyword[word[i]] = 1
}

$1 == "unit" { make_unit($2, $3) }
$1 == "own" { everything_own = 1 }
$1 == "text" {
  sub(/^text ?/, "")
  print
}
END { exit failed }
