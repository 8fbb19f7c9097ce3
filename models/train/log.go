package train

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"os"
)

// eventLog writes OutDir/log.jsonl: one JSON object per line and event, in the order of the events. Every line has
// "event": "start", "step", "epoch", "resume", "stop" or "end". Lines are written immediately, so a killed run loses at
// most the end of the last line. Fields that end in "seconds" or "_per_second" are measured times. All others are
// identical in every run with the same recipe, data, seed, backend and number of devices.
type eventLog struct {
	file *os.File
}

// openLog opens the file, truncates it to size bytes, and appends to it. A new run keeps nothing. A resumed run keeps
// what had been written when its state was saved.
func openLog(path string, size int64) (*eventLog, error) {
	file, err := os.OpenFile(path, os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o644)
	if err != nil {
		return nil, fmt.Errorf("open training log: %w", err)
	}
	info, err := file.Stat()
	if err == nil && info.Size() > size {
		err = file.Truncate(size)
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("open training log: %w", err), file.Close())
	}
	return &eventLog{file: file}, nil
}

// Size flushes all lines to the disk and returns the size of the file in bytes.
func (l *eventLog) Size() (int64, error) {
	if err := l.file.Sync(); err != nil {
		return 0, fmt.Errorf("write training log: %w", err)
	}
	info, err := l.file.Stat()
	if err != nil {
		return 0, fmt.Errorf("write training log: %w", err)
	}
	return info.Size(), nil
}

// Write appends one event. The fields must not include "event".
func (l *eventLog) Write(event string, fields map[string]any) error {
	line := make(map[string]any, len(fields)+1)
	for key, value := range fields {
		line[key] = finiteJSON(value)
	}
	line["event"] = event
	data, err := json.Marshal(line)
	if err != nil {
		return fmt.Errorf("write training log: event %s: %w", event, err)
	}
	if _, err := l.file.Write(append(data, '\n')); err != nil {
		return fmt.Errorf("write training log: %w", err)
	}
	return nil
}

// finiteJSON converts numbers that JSON cannot represent to strings.
func finiteJSON(value any) any {
	if f, ok := value.(float64); ok && (math.IsNaN(f) || math.IsInf(f, 0)) {
		return fmt.Sprint(f)
	}
	return value
}

// Close flushes the file to the disk and closes it. It does nothing on nil or when called again.
func (l *eventLog) Close() error {
	if l == nil || l.file == nil {
		return nil
	}
	err := errors.Join(l.file.Sync(), l.file.Close())
	l.file = nil
	return err
}
