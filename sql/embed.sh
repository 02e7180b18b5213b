#!/bin/sh
# sql/embed.sh OUTDIR: turn sql/queries/*.sql and sql/migrations/*.sql into C.
# Writes OUTDIR/sql_queries.h (enum sql_statement) and OUTDIR/sql_queries.c (all the texts).
set -eu
export LC_ALL=C

out=${1:?usage: sql/embed.sh OUTDIR}
here=$(dirname "$0")
mkdir -p "$out"
work=$(mktemp -d "$out/.embed.XXXXXX")
trap 'rm -rf "$work"' EXIT

# A file as C string literals, a line each. Queries lose their comment lines, migrations keep them.
literal() {
	awk -v strip="$2" '
		strip && /^[ \t]*--/ { next }
		{ gsub(/\\/, "&&"); gsub(/"/, "\\\""); gsub(/\t/, "\\t"); printf "\t\"%s\\n\"\n", $0 }
	' "$1"
}

{
	echo '/* Made by sql/embed.sh. */'
	echo '#ifndef SIGNET_SQL_QUERIES_H'
	echo '#define SIGNET_SQL_QUERIES_H'
	echo 'enum sql_statement {'
	for f in "$here"/queries/*.sql; do
		echo "	STATEMENT_$(basename "$f" .sql),"
	done
	echo '	STATEMENT_COUNT'
	echo '};'
	echo '#endif'
} >"$work/sql_queries.h"

{
	echo '/* Made by sql/embed.sh. */'
	echo '#include "sql/db_internal.h"'
	echo '#include "sql/migrate_internal.h"'
	echo 'const struct sql_text sql_texts[STATEMENT_COUNT] = {'
	for f in "$here"/queries/*.sql; do
		name=$(basename "$f" .sql)
		echo "	[STATEMENT_$name] = {\"$name\","
		literal "$f" 1
		echo '	},'
	done
	echo '};'
	echo 'const struct migration migrations[] = {'
	next=1
	for f in "$here"/migrations/*.sql; do
		name=$(basename "$f" .sql)
		number=$(expr "$name" : '0*\([1-9][0-9]*\)_') || number=none
		if [ "$number" != $next ]; then
			echo "sql/embed.sh: $name is not migration $next: numbers rise by one, each once" >&2
			exit 1
		fi
		next=$((next + 1))
		echo "	{$number, \"$name\","
		literal "$f" ''
		echo '	},'
	done
	echo '	{0, NULL, NULL},'
	echo '};'
} >"$work/sql_queries.c"

# Whole files only: an interrupted run leaves what was there.
mv "$work/sql_queries.h" "$work/sql_queries.c" "$out"
