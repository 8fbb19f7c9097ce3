package ingest

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
)

// jsonText is an annotation file in JSON; its mistakes are reported with their lines.
type jsonText struct {
	name string
	text []byte
}

func readJSON(path string) (jsonText, error) {
	text, err := os.ReadFile(path)
	return jsonText{path, bytes.TrimPrefix(text, []byte("\ufeff"))}, err
}

// wrong is the error of what stands at an offset.
func (j jsonText) wrong(offset int64, want string, err error) error {
	var syntax *json.SyntaxError
	if errors.As(err, &syntax) { // a decoder of streams tells where in its buffer; checking the whole text tells where in that
		var whole json.RawMessage
		if errors.As(json.Unmarshal(j.text, &whole), &syntax) {
			offset = syntax.Offset
		}
	}
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		offset, err = int64(len(j.text)), errors.New("the file ends too early")
	}
	offset = max(0, min(offset, int64(len(j.text))))
	line := 1 + bytes.Count(j.text[:offset], []byte{'\n'})
	return fmt.Errorf("%s line %d: want %s: %w", j.name, line, want, err)
}

// open takes an opening bracket.
func (j jsonText) open(dec *json.Decoder, bracket json.Delim, want string) error {
	token, err := dec.Token()
	if err != nil {
		return j.wrong(dec.InputOffset(), want, err)
	}
	if token != bracket {
		return j.wrong(dec.InputOffset(), want, fmt.Errorf("found %v in place of %v", token, bracket))
	}
	return nil
}

// end takes the closing bracket of the outermost value, behind which nothing may follow.
func (j jsonText) end(dec *json.Decoder, want string) error {
	if _, err := dec.Token(); err != nil {
		return j.wrong(dec.InputOffset(), want, err)
	}
	if token, err := dec.Token(); !errors.Is(err, io.EOF) {
		if err == nil {
			err = fmt.Errorf("found %v behind the end", token)
		}
		return j.wrong(dec.InputOffset(), "nothing more", err)
	}
	return nil
}

// value decodes the next value.
func (j jsonText) value(dec *json.Decoder, into any, want string) error {
	offset := dec.InputOffset()
	for offset < int64(len(j.text)) && bytes.IndexByte([]byte(" \t\r\n,:"), j.text[offset]) >= 0 {
		offset++
	}
	if err := dec.Decode(into); err != nil {
		return j.wrong(offset, want, err)
	}
	return nil
}

// array calls item for each element of the file's array, which item decodes with the value function it gets.
func (j jsonText) array(want string, item func(number int, value func(into any) error) error) error {
	dec := json.NewDecoder(bytes.NewReader(j.text))
	if err := j.open(dec, '[', "an array of "+want); err != nil {
		return err
	}
	for number := 1; dec.More(); number++ {
		if err := item(number, func(into any) error { return j.value(dec, into, want) }); err != nil {
			return err
		}
	}
	return j.end(dec, "an array of "+want)
}

// object calls item for each member of the file's object, in the file's order.
func (j jsonText) object(want string, item func(key string, value func(into any) error) error) error {
	dec := json.NewDecoder(bytes.NewReader(j.text))
	if err := j.open(dec, '{', want); err != nil {
		return err
	}
	for dec.More() {
		key, err := dec.Token()
		if err != nil {
			return j.wrong(dec.InputOffset(), want, err)
		}
		if err := item(key.(string), func(into any) error { return j.value(dec, into, want) }); err != nil {
			return err
		}
	}
	return j.end(dec, want)
}
