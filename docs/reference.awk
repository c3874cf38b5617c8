# SPDX-License-Identifier: MIT
# Makes a public header into what Doxygen understands, line for line, so that the headers can be
# written for those who read them: a header's first comment is about the file; a plain comment that
# stands alone is the title of what follows; "Shape:", "Fails:" … begin a paragraph of that name;
# a name in backticks is a link, and Doxygen says where there is no such name.

function labelled(text,   before, word) {
    gsub(/`(reel|REEL)_[A-Za-z0-9_]+`/, "\\ref &", text)
    while (match(text, /\\ref `[A-Za-z0-9_]+`/)) {
        word = substr(text, RSTART + 6, RLENGTH - 7)
        text = substr(text, 1, RSTART - 1) "\\ref " word " \"" word "\"" substr(text, RSTART + RLENGTH)
    }
    before = ""
    while (match(text, /(^| |\*)(Shape|Gradient|Returns|Owner|Fails|Memory|Source|dtype): */)) {
        word = substr(text, RSTART, RLENGTH)
        before = before substr(text, 1, RSTART - 1) (word ~ /^\*/ ? "*" : "")
        text = substr(text, RSTART + RLENGTH)
        gsub(/[^A-Za-z]/, "", word)
        before = before " \\then\\par " word "\\then "
    }
    text = before text
    gsub(/[<]/, "\\<", text) # no HTML is meant; /**< has been taken off
    gsub(/#/, "\\#", text)
    return text
}

# One line of a comment that Doxygen reads.
function comment_line(line,   opening) {
    opening = ""
    if (match(line, /^ *.*\/\*\*<?/)) {
        opening = substr(line, 1, RLENGTH)
        line = substr(line, RLENGTH + 1)
    } else if (!blank_before) {
        sub(/^ *\* +/, " * ", line) # deeper is not code, it belongs to the line before
    }
    blank_before = line ~ /^ *\* *$/ || (opening != "" && line ~ /^ *$/)
    return opening labelled(line)
}

# "Title. More of it" as a group's name and its description.
function titled(text,   end) {
    end = index(text, ". ")
    if (end == 0) return "\\name " text
    return "\\name " substr(text, 1, end) "\\then " substr(text, end + 2)
}

{ line[NR] = $0 }

END {
    for (last = NR; line[last] !~ /^#ifdef __cplusplus/ && last > 1; last--) {}
    for (i = 1; i <= NR; i++) print converted(line[i])
}

function converted(text,   prefix) {
    if (text ~ /^#ifdef __cplusplus/) { # none of C++
        prefix = group ? "/**@}*/" : ""
        if (i >= last) group = 0; else prefix = ""
        cplusplus = 1
        return prefix
    }
    if (cplusplus) {
        if (text ~ /^#(else|endif)/) { alternative = text ~ /else/; cplusplus = 0 }
        return ""
    }
    if (alternative && text ~ /^#endif/) { alternative = 0; return "" }

    if (text ~ /^\/\* SPDX/) return "/** \\file" # which has to have its line
    if (inside == "" && text ~ /^\/\*([^*]|$)/) { # a comment by itself
        inside = headed ? "title" : "file"
        headed = 1
        prefix = inside == "file" ? " * " : (group ? "/**@}*/ /** " : "/** ")
        if (inside == "title") group = 1
        sub(/^\/\*/, "", text)
        wanted = inside == "title"
        blank_before = 0
        return prefix plain(text)
    }
    if (inside == "" && text ~ /\/\*\*/) {
        if (text !~ /\*\//) inside = "text"
        return comment_line(text)
    }
    if (inside == "text") {
        if (text ~ /\*\//) inside = ""
        return comment_line(text)
    }
    if (inside != "") return plain(text)
    return text
}

# A line of a comment by itself, which ends the title where it ends the comment.
function plain(text,   closing) {
    closing = ""
    if (text ~ /\*\//) {
        sub(/ *\*\/.*/, "", text)
        closing = " */" (inside == "title" ? " /**@{*/" : "")
        inside = ""
    }
    if (wanted && match(text, /[^ *]/)) {
        text = " " titled(substr(text, RSTART))
        wanted = 0
    }
    return comment_line(text) closing
}
