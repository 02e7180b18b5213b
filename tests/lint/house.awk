# tests/lint/house.awk: the rules of the house over C sources; run by tests/lint/house.
#
# Includes point down: a folder may include itself and what the table names, nothing else. Lengths: a
# function 100 lines, a .c file 600, a header 150. A row of the `allow` file takes one thing out, by name.
# SQL is written in sql/ alone. Prints "file:line: what" for each fault.

BEGIN {
	# What each folder may include beside itself. Tests may include anything.
	may["base"] = ""
	may["access"] = "base"
	may["hsm"] = "base"
	may["sql"] = "base"
	may["signing/format"] = "base"
	may["ca"] = "base access hsm sql signing/format"
	may["signing"] = "base access hsm sql signing/format"
	may["api"] = "base access sql ca signing signing/format"
	may["server"] = "base access hsm sql ca signing signing/format api"
	may["clients/device"] = "base signing/format"
	may["clients/operator"] = "base signing/format"
	may["clients/ci"] = "base signing/format"
	may["clients/console"] = "base signing/format"

	while ((getline row < allow) > 0) {
		if (row ~ /^[ \t]*(#|$)/)
			continue
		split(row, field, /[ \t]+/)
		if (row !~ /^[^ \t]+[ \t]+[0-9]+[ \t]+[^ \t]+ [^ \t]/)
			fault(allow, 1, "a row is: WHAT LINES why, in words: " row)
		allowed[field[1]] = field[2] + 0
		unused[field[1]] = 1
	}
	close(allow)
}

function fault(file, line, text)
{
	printf "%s:%d: %s\n", file, line, text
	faults++
}

# The longest folder name that stands before the path: "signing/format" wins over "signing".
function folder(path, name, best)
{
	best = ""
	for (name in may)
		if (index(path, name "/") == 1 && length(name) > length(best))
			best = name
	return best
}

function too_long(what, lines, limit)
{
	if (lines > limit)
		delete unused[what]
	return lines > ((what in allowed) ? allowed[what] : limit)
}

function function_name(head, name)
{
	sub(/[ \t]*\(.*/, "", head)
	name = head
	sub(/.*[^A-Za-z0-9_]/, "", name)
	return name
}

function end_of_file()
{
	if (current == "")
		return
	limit = (current ~ /\.h$/) ? 150 : 600
	if (!in_tests && too_long(current, lines, limit))
		fault(current, lines, lines " lines, " limit " are allowed")
	if (!in_tests)
		files++
}

FNR == 1 {
	end_of_file()
	current = FILENAME
	here = folder(current)
	in_tests = (current ~ /^tests\//)
	head = ""
	opened = 0
	# What the demo's maker of devices builds is no part of Signet.
	if (here == "" && !in_tests && current !~ /^deploy\/demo\//)
		fault(current, 1, "a C source outside the folders of the house")
}

{
	lines = FNR
}

/^[ \t]*#[ \t]*include[ \t]*"/ && !in_tests {
	path = $0
	sub(/^[^"]*"/, "", path)
	sub(/".*/, "", path)
	there = folder(path)
	if (path ~ /^\.\.?\//)
		fault(current, FNR, "include by the path from the top: " path)
	else if (path ~ /^(tests|deploy)\//)
		fault(current, FNR, here " must not include " path)
	else if (there != "" && there != here && index(" " may[here] " ", " " there " ") == 0)
		fault(current, FNR, "upward include: " here " must not include " path)
	else if (there != here && path ~ /_internal\.h$/)
		fault(current, FNR, path " is for " there " alone")
}

here != "sql" && !in_tests && (/#[ \t]*include[ \t]*<libpq-fe\.h>/ ||
    /"[ \t]*(SELECT|INSERT INTO|UPDATE [a-z_]+ SET|DELETE FROM|CREATE (TABLE|ROLE)|ALTER TABLE) /) {
	fault(current, FNR, "SQL stands in sql/ alone")
}

# A function: its head from column 0, '{' in column 0, up to '}' in column 0.
current ~ /\.c$/ && /^[A-Za-z_].*\(/ && !/;[ \t]*$/ {
	head = $0
}
current ~ /\.c$/ && /^\{/ {
	opened = FNR
}
current ~ /\.c$/ && /^\}/ && opened {
	size = FNR - opened + 1
	name = function_name(head)
	opened = 0
	if (name == "" || head ~ /=[^=]*$/)
		next
	if (!in_tests)
		count[size]++
	if (!in_tests)
		functions++
	if (too_long(current ":" name, size, 100))
		fault(current, FNR, name " has " size " lines, 100 are allowed")
}

END {
	end_of_file()
	for (what in unused)
		fault(allow, 1, "nothing needs this row any more: " what)
	for (size = 1; size <= 10000 && seen * 2 < functions; size++)
		seen += count[size]
	median = size - 1
	for (; size <= 10000 && seen * 10 < functions * 9; size++)
		seen += count[size]
	printf "house: %d files, %d functions, median %d lines, nine in ten within %d, %d faults\n",
	    files, functions, median, size - 1, faults
	exit faults > 0
}
