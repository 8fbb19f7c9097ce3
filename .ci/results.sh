#!/usr/bin/env bash
# The comparison behind docs/measurements/results.md: five tunings of one backbone on two
# targets of the demo's set, one of few clips and a larger one, and the two
# adapters with more seeds on one of fewer. Its tables are put into
# docs/measurements/results.md as they are finished.
#
# usage: results.sh FOLDER. What FOLDER holds already is not made again.
# PADAPTER names the program; SEEDS, MORE_SEEDS, RATES, FEWER, FEW, MANY and
# their _EPOCHS change the experiment.
set -euo pipefail

out=${1:?usage: results.sh FOLDER}
page=$(realpath "$(dirname "$0")/../docs/measurements/results.md")
padapter=$(realpath "${PADAPTER:-bin/padapter}")
seeds=${SEEDS:-1,2,3}
more_seeds=${MORE_SEEDS:-1,2,3,4,5}
rates=${RATES:-0.032,0.1,0.32,1}
tunings=padapter,adaptformer,vpt,linear,full
recipe=demo-target-padapter

mkdir -p "$out"
[ -f "$out/demo/report.json" ] || "$padapter" demo --out "$out/demo"

# Of the 150 clips a class that the target has for training, 30 are kept for
# validation. The demo's test clips stay what they are.
cd "$out"
mkdir -p sets
[ -f sets/all.parquet ] || "$padapter" manifest split demo/target.parquet --of train --parts train=120,val=30 --out sets/all.parquet
for split in train val test; do
	[ -f "sets/$split.parquet" ] || "$padapter" manifest filter sets/all.parquet --split "$split" --out "sets/$split.parquet"
done

# clips NAME SPLIT [COUNT]: shards of a split, or of so many of its clips a class.
clips() {
	local from=sets/$2.parquet
	if [ -n "${3:-}" ]; then
		[ -f "sets/$1.parquet" ] || "$padapter" manifest sample "$from" -n "$3" --per-class --seed 1 --out "sets/$1.parquet"
		from=sets/$1.parquet
	fi
	[ -f "shards/$1/index.json" ] || "$padapter" preprocess --manifest "$from" --split "$2" --recipe "$recipe" --out "shards/$1"
}

clips test test

# compare COUNT EPOCHS TUNINGS SEEDS: the table of a target with so many
# training clips a class. Twenty validation clips a class choose each tuning's
# rate and each run's epoch.
compare() {
	clips "train-$1" train "$1"
	clips val-20 val 20
	"$padapter" compare --recipe "$recipe" --tunings "$3" --seeds "$4" --rates "$rates" --epochs "$2" \
		--train "shards/train-$1" --val shards/val-20 --test shards/test --backbone demo/runs/source --out "compare-$1-epochs-$2"
}

# publish NAME FILE: the table goes between the page's marks of that name.
publish() {
	awk -v name="$1" -v file="$2" '
		$0 == "<!-- /" name " -->" { inside = 0 }
		!inside { print }
		$0 == "<!-- " name " -->" { inside = 1; while ((getline line < file) > 0) print line }
	' "$page" >"$page.new"
	mv "$page.new" "$page"
}

# table NAME COUNT EPOCHS TUNINGS SEEDS
table() {
	compare "$2" "$3" "$4" "$5"
	publish "$1" "compare-$2-epochs-$3/compare.md"
}

table few "${FEW:-30}" "${FEW_EPOCHS:-60}" "$tunings" "$seeds"
table many "${MANY:-120}" "${MANY_EPOCHS:-15}" "$tunings" "$seeds"
table fewer "${FEWER:-20}" "${FEWER_EPOCHS:-90}" padapter,adaptformer "$more_seeds"
