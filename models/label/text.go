package label

import (
	"encoding/csv"
	"encoding/json"
	"errors"
	"strconv"

	"padapter/manifests/storage"
)

// jsonRow is a Row as one line of JSON, with the names of the Parquet columns.
type jsonRow struct {
	ID      string    `json:"id"`
	URI     string    `json:"uri"`
	Labels  []int32   `json:"label_ids"`
	Names   []string  `json:"label_names"`
	Scores  []float32 `json:"scores"`
	Entropy *float32  `json:"entropy"`
	Frames  []int32   `json:"frames"`
	Seconds []float64 `json:"seconds"`
	Error   *string   `json:"error"`
	Abstain *bool     `json:"abstain"`
	Start   *float64  `json:"start"`
	End     *float64  `json:"end"`
	Views   *int32    `json:"views"`

	Embedding []float32 `json:"embedding,omitempty"`
}

type jsonLinesWriter struct {
	file  storage.Draft
	lines *json.Encoder
}

func newJSONLinesWriter(d storage.Draft, _ Provenance) (Writer, error) {
	lines := json.NewEncoder(d)
	lines.SetEscapeHTML(false)
	return &jsonLinesWriter{file: d, lines: lines}, nil
}

func (w *jsonLinesWriter) Write(row Row) error {
	line := jsonRow{
		ID: row.ID, URI: row.URI,
		Labels: row.Labels, Names: row.Names, Scores: row.Scores,
		Frames: row.Frames, Seconds: row.Seconds,
	}
	if row.Error != "" {
		line.Error = &row.Error
		line.Labels, line.Names, line.Scores, line.Frames, line.Seconds = nil, nil, nil, nil, nil
	} else {
		line.Entropy, line.Abstain, line.Views, line.Embedding = &row.Entropy, &row.Abstain, &row.Views, row.Embedding
	}
	if !row.whole() {
		line.Start, line.End = &row.PartSeconds[0], &row.PartSeconds[1]
	}
	return w.lines.Encode(line)
}

func (w *jsonLinesWriter) Commit() error { return w.file.Commit() }
func (w *jsonLinesWriter) Abort() error  { return w.file.Abort() }

// csvWriter writes the k best labels into separate columns, best first, because a spreadsheet has no lists.
type csvWriter struct {
	file  storage.Draft
	table *csv.Writer
	topK  int
}

func newCSVWriter(d storage.Draft, from Provenance) (Writer, error) {
	if from.Embedding > 0 {
		return nil, errors.New("CSV cannot hold embeddings, use .parquet or .jsonl")
	}
	w := &csvWriter{file: d, table: csv.NewWriter(d), topK: min(from.TopK, max(1, len(from.Classes)))}
	header := []string{"id", "uri", "error", "entropy", "abstain", "start", "end", "views"}
	for k := 1; k <= w.topK; k++ {
		n := strconv.Itoa(k)
		header = append(header, "label_"+n, "name_"+n, "score_"+n)
	}
	return w, w.table.Write(header)
}

func (w *csvWriter) Write(row Row) error {
	cells := []string{row.ID, row.URI, row.Error, "", "", "", "", ""}
	if row.Error == "" {
		cells[3], cells[4], cells[7] = formatScore(row.Entropy), strconv.FormatBool(row.Abstain), strconv.Itoa(int(row.Views))
	}
	if !row.whole() {
		cells[5], cells[6] = strconv.FormatFloat(row.PartSeconds[0], 'g', -1, 64), strconv.FormatFloat(row.PartSeconds[1], 'g', -1, 64)
	}
	for k := range w.topK {
		if row.Error != "" || k >= len(row.Labels) {
			cells = append(cells, "", "", "")
			continue
		}
		cells = append(cells, strconv.Itoa(int(row.Labels[k])), row.Names[k], formatScore(row.Scores[k]))
	}
	return w.table.Write(cells)
}

func (w *csvWriter) Commit() error {
	w.table.Flush()
	if err := w.table.Error(); err != nil {
		return err
	}
	return w.file.Commit()
}

func (w *csvWriter) Abort() error { return w.file.Abort() }

// formatScore returns the shortest decimal that parses to the same float32.
func formatScore(v float32) string { return strconv.FormatFloat(float64(v), 'g', -1, 32) }
