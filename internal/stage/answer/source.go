package answer

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"oakmoot/internal/stage/scenario"
)

// Source is where a query or an answer is written: in a topology, or else in a file.
type Source struct {
	Value any
	File  string
}

// Query reads a query.
func (s Source) Query() (Query, error) { return written(s, ReadQuery) }

// Rows reads the rows of an answer.
func (s Source) Rows() (Rows, error) { return written(s, ReadRows) }

// maxBytes bounds how long the file of a query or of an answer may be.
const maxBytes = 16 << 20

// written reads the value, or else the text of the file.
func written[T any](s Source, read func(any) (T, error)) (T, error) {
	if s.Value != nil {
		return read(s.Value)
	}
	var none T
	text, err := textOf(s.File)
	if err != nil {
		return none, err
	}
	v, err := read(text)
	if syntax, is := errors.AsType[*scenario.SyntaxError](err); is {
		return none, fmt.Errorf("byte %d of %s: %s", syntax.Column, filepath.Base(s.File), syntax.Message)
	}
	return v, err
}

func textOf(file string) (string, error) {
	f, err := os.Open(file)
	if errors.Is(err, fs.ErrNotExist) {
		return "", errors.New("there is no such file")
	}
	if err != nil {
		return "", err
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, maxBytes+1))
	if err == nil && len(text) > maxBytes {
		err = fmt.Errorf("%s is longer than %d bytes", filepath.Base(file), maxBytes)
	}
	return string(text), err
}
