package druid

import (
	"encoding/json"
	"strconv"
	"strings"
	"time"
)

// plainly writes what Marshal is given most, if that needs no encoder; ok is false otherwise.
func plainly(v any) (text []byte, ok bool) {
	var s *DataSegment
	text = []byte{'{'}
	switch v := v.(type) {
	case *DataSegment:
		s = v
	case DataSegment:
		s = &v
	case ChangeRequest:
		if v.Action != ActionLoad && v.Action != ActionDrop {
			return nil, false
		}
		s = &v.Segment
		text = append(appendText(append(text, `"action":`...), v.Action), ',')
	}
	if s == nil || len(s.unknown) > 0 || len(s.LoadSpec) > 0 && !json.Valid(s.LoadSpec) {
		return nil, false
	}
	text, err := s.append(text)
	return append(text, '}'), err == nil
}

// append writes the segment as Jackson does. It is called for segments without unknown
// members only.
func (s *DataSegment) append(b []byte) ([]byte, error) {
	b = appendText(append(b, `"dataSource":`...), s.DataSource)
	b = append(s.Interval.append(append(b, `,"interval":"`...)), '"')
	b = appendText(append(b, `,"version":`...), s.Version)
	b, err := appendRaw(append(b, `,"loadSpec":`...), s.LoadSpec)
	if err != nil {
		return nil, err
	}
	b = appendText(append(b, `,"dimensions":`...), strings.Join(s.Dimensions, ","))
	b = appendText(append(b, `,"metrics":`...), strings.Join(s.Metrics, ","))
	if b, err = s.ShardSpec.append(append(b, `,"shardSpec":`...)); err != nil {
		return nil, err
	}
	b = append(b, `,"binaryVersion":`...)
	if s.BinaryVersion == nil {
		b = append(b, "null"...)
	} else {
		b = strconv.AppendInt(b, int64(*s.BinaryVersion), 10)
	}
	b = strconv.AppendInt(append(b, `,"size":`...), s.Size, 10)
	return appendText(append(b, `,"identifier":`...), s.ID().String()), nil
}

// append writes the members that have numbers only by itself.
func (s *ShardSpec) append(b []byte) ([]byte, error) {
	plain := s.Type == "none" || s.Type == "linear" || s.Type == "numbered"
	if !plain || len(s.unknown) > 0 {
		general, err := s.MarshalJSON()
		return append(b, general...), err
	}
	b = append(append(append(b, `{"type":"`...), s.Type...), '"')
	if s.Type != "none" {
		b = strconv.AppendInt(append(b, `,"partitionNum":`...), int64(s.PartitionNum), 10)
	}
	if s.Type == "numbered" {
		b = strconv.AppendInt(append(b, `,"partitions":`...), int64(s.Partitions), 10)
	}
	return append(b, '}'), nil
}

// appendText writes a string.
func appendText(b []byte, text string) []byte {
	for i := range len(text) {
		if c := text[i]; c < ' ' || c >= 0x7f || c == '"' || c == '\\' {
			return append(b, quote(text)...)
		}
	}
	return append(append(append(b, '"'), text...), '"')
}

// appendRaw writes a value that is JSON already.
func appendRaw(b, raw []byte) ([]byte, error) {
	for _, c := range raw {
		if c <= ' ' || c >= 0x7f || c == '\\' {
			general, err := Marshal(rawOrNull(raw))
			return append(b, general...), err
		}
	}
	if len(raw) == 0 {
		return append(b, "null"...), nil
	}
	return append(b, raw...), nil
}

func (i Interval) append(b []byte) []byte {
	return i.End.append(append(i.Start.append(b), '/'))
}

// append writes the instant as String does.
func (t Timestamp) append(b []byte) []byte {
	at := t.Time()
	year, month, day := at.Date()
	if year < 0 || year > 9999 {
		return at.AppendFormat(b, instantLayout)
	}
	hour, minute, second := at.Clock()
	b = appendDigits(b, year, 4)
	b = appendDigits(append(b, '-'), int(month), 2)
	b = appendDigits(append(b, '-'), day, 2)
	b = appendDigits(append(b, 'T'), hour, 2)
	b = appendDigits(append(b, ':'), minute, 2)
	b = appendDigits(append(b, ':'), second, 2)
	b = appendDigits(append(b, '.'), at.Nanosecond()/int(time.Millisecond), 3)
	return append(b, 'Z')
}

// appendDigits writes a number with leading zeros.
func appendDigits(b []byte, n, digits int) []byte {
	for range digits {
		b = append(b, '0')
	}
	for i := len(b) - 1; n > 0; i, n = i-1, n/10 {
		b[i] = byte('0' + n%10)
	}
	return b
}
