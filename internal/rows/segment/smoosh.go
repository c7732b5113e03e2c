package segment

import (
	"bytes"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
)

// The files of a segment lie end to end in chunks 00000.smoosh, 00001.smoosh …, and
// meta.smoosh says where: FileSmoosher.

const (
	smooshVersion = "v1"
	maxChunk      = math.MaxInt32 // bytes; a file never spans two chunks
)

type smoosher struct {
	write func(name string, data []byte) error // keeps no data
	lines []string                             // of meta.smoosh
	chunk bytes.Buffer
	num   int
}

func (s *smoosher) add(name string, data []byte) error {
	if len(data) > maxChunk {
		return fmt.Errorf("%s: %d bytes, at most %d fit a chunk", name, len(data), maxChunk)
	}
	if s.chunk.Len()+len(data) > maxChunk {
		if err := s.flush(); err != nil {
			return err
		}
	}
	start := s.chunk.Len()
	s.chunk.Write(data)
	s.lines = append(s.lines, fmt.Sprintf("%s,%d,%d,%d\n", name, s.num, start, s.chunk.Len()))
	return nil
}

func (s *smoosher) flush() error {
	err := s.write(chunkName(s.num), s.chunk.Bytes())
	s.chunk.Reset()
	s.num++
	return err
}

func (s *smoosher) close() error {
	if err := s.flush(); err != nil {
		return err
	}
	slices.SortFunc(s.lines, func(a, b string) int {
		return CompareStrings(a[:strings.IndexByte(a, ',')], b[:strings.IndexByte(b, ',')])
	})
	head := fmt.Sprintf("%s,%d,%d\n", smooshVersion, maxChunk, s.num)
	return s.write("meta.smoosh", []byte(head+strings.Join(s.lines, "")))
}

func chunkName(num int) string { return fmt.Sprintf("%05d.smoosh", num) }

// smooshed holds the files of an opened segment, by name.
type smooshed map[string][]byte

// openSmooshed reads all chunks into memory.
func openSmooshed(file func(name string) ([]byte, error)) (smooshed, error) {
	meta, err := file("meta.smoosh")
	if err != nil {
		return nil, err
	}
	return parseSmooshed(meta, func(num int) ([]byte, error) { return file(chunkName(num)) })
}

func parseSmooshed(meta []byte, chunk func(num int) ([]byte, error)) (smooshed, error) {
	head, rest, _ := strings.Cut(string(meta), "\n")
	fields := strings.Split(head, ",")
	if len(fields) != 3 || fields[0] != smooshVersion {
		return nil, fmt.Errorf("meta.smoosh: first line %q", head)
	}
	count, err := strconv.Atoi(fields[2])
	if err != nil || count < 0 {
		return nil, fmt.Errorf("meta.smoosh: %q chunks", fields[2])
	}
	chunks := make(map[int][]byte)
	files := make(smooshed)
	for line := range strings.Lines(rest) {
		entry, err := parseSmooshLine(strings.TrimRight(line, "\r\n"), count)
		if err != nil {
			return nil, fmt.Errorf("meta.smoosh: %w", err)
		}
		data, ok := chunks[entry.chunk]
		if !ok {
			if data, err = chunk(entry.chunk); err != nil {
				return nil, err
			}
			chunks[entry.chunk] = data
		}
		if entry.end > len(data) {
			return nil, fmt.Errorf("meta.smoosh: %s ends at %d, chunk %d has %d bytes", entry.name, entry.end, entry.chunk, len(data))
		}
		files[entry.name] = data[entry.start:entry.end:entry.end]
	}
	return files, nil
}

type smooshEntry struct {
	name              string
	chunk, start, end int
}

func parseSmooshLine(line string, chunks int) (smooshEntry, error) {
	fields := strings.Split(line, ",")
	if len(fields) != 4 {
		return smooshEntry{}, fmt.Errorf("line %q", line)
	}
	var nums [3]int
	for i := range nums {
		n, err := strconv.ParseInt(fields[i+1], 10, 32)
		if err != nil {
			return smooshEntry{}, fmt.Errorf("line %q: %w", line, err)
		}
		nums[i] = int(n)
	}
	e := smooshEntry{fields[0], nums[0], nums[1], nums[2]}
	if e.chunk < 0 || e.chunk >= chunks || e.start < 0 || e.end < e.start {
		return e, fmt.Errorf("line %q", line)
	}
	return e, nil
}
