package label

import (
	"slices"
	"strings"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/memory"
)

// rowBuilder builds Arrow records of rows. Release frees it.
type rowBuilder struct {
	*array.RecordBuilder
	count      int // rows appended so far
	embeddings bool
}

func newRowBuilder(mem memory.Allocator, schema *arrow.Schema) *rowBuilder {
	return &rowBuilder{RecordBuilder: array.NewRecordBuilder(mem, schema), embeddings: len(schema.Fields()) > columnEmbedding}
}

func (b *rowBuilder) append(row Row) {
	b.count++
	b.Field(columnID).(*array.StringBuilder).Append(row.ID)
	b.Field(columnURI).(*array.StringBuilder).Append(row.URI)
	for i, second := range row.PartSeconds {
		if column := b.Field(columnStart + i).(*array.Float64Builder); row.whole() {
			column.AppendNull()
		} else {
			column.Append(second)
		}
	}
	if row.Error != "" {
		for i := columnLabels; i < columnError; i++ {
			b.Field(i).AppendNull()
		}
		b.Field(columnError).(*array.StringBuilder).Append(row.Error)
		b.Field(columnAbstain).AppendNull()
		b.Field(columnViews).AppendNull()
		if b.embeddings {
			b.Field(columnEmbedding).AppendNull()
		}
		return
	}
	appendList(b.Field(columnLabels), row.Labels, (*array.Int32Builder).AppendValues)
	appendList(b.Field(columnNames), row.Names, (*array.StringBuilder).AppendValues)
	appendList(b.Field(columnScores), row.Scores, (*array.Float32Builder).AppendValues)
	b.Field(columnEntropy).(*array.Float32Builder).Append(row.Entropy)
	appendList(b.Field(columnFrames), row.Frames, (*array.Int32Builder).AppendValues)
	appendList(b.Field(columnSeconds), row.Seconds, (*array.Float64Builder).AppendValues)
	b.Field(columnError).AppendNull()
	b.Field(columnAbstain).(*array.BooleanBuilder).Append(row.Abstain)
	b.Field(columnViews).(*array.Int32Builder).Append(row.Views)
	if b.embeddings {
		appendList(b.Field(columnEmbedding), row.Embedding, (*array.Float32Builder).AppendValues)
	}
}

func appendList[B array.Builder, V any](list array.Builder, values []V, add func(B, []V, []bool)) {
	l := list.(*array.ListBuilder)
	l.Append(true)
	add(l.ValueBuilder().(B), values, nil)
}

// rowOf reads row i of a record, which must have the columns of rowSchema. The result shares no memory with the record.
func rowOf(record arrow.Record, i int) Row {
	text := func(column int) string { return strings.Clone(record.Column(column).(*array.String).Value(i)) }
	row := Row{ID: text(columnID), URI: text(columnURI)}
	if record.Column(columnError).IsValid(i) {
		row.Error = text(columnError)
		return row
	}
	names, from, to := listAt[*array.String](record, columnNames, i)
	for k := from; k < to; k++ {
		row.Names = append(row.Names, strings.Clone(names.Value(k)))
	}
	labels, from, to := listAt[*array.Int32](record, columnLabels, i)
	row.Labels = slices.Clone(labels.Int32Values()[from:to])
	scores, from, to := listAt[*array.Float32](record, columnScores, i)
	row.Scores = slices.Clone(scores.Float32Values()[from:to])
	row.Entropy = record.Column(columnEntropy).(*array.Float32).Value(i)
	frames, from, to := listAt[*array.Int32](record, columnFrames, i)
	row.Frames = slices.Clone(frames.Int32Values()[from:to])
	seconds, from, to := listAt[*array.Float64](record, columnSeconds, i)
	row.Seconds = slices.Clone(seconds.Float64Values()[from:to])
	row.Abstain = record.Column(columnAbstain).(*array.Boolean).Value(i)
	row.Views = record.Column(columnViews).(*array.Int32).Value(i)
	if start := record.Column(columnStart).(*array.Float64); start.IsValid(i) {
		row.PartSeconds = [2]float64{start.Value(i), record.Column(columnEnd).(*array.Float64).Value(i)}
	}
	if int(record.NumCols()) > columnEmbedding {
		values, from, to := listAt[*array.Float32](record, columnEmbedding, i)
		row.Embedding = slices.Clone(values.Float32Values()[from:to])
	}
	return row
}

// listAt returns the values of a list column and the range [from, to) of list i in them.
func listAt[A arrow.Array](record arrow.Record, column, i int) (values A, from, to int) {
	list := record.Column(column).(*array.List)
	first, last := list.ValueOffsets(i)
	return list.ListValues().(A), int(first), int(last)
}
