package segment

import "encoding/binary"

var be = binary.BigEndian

func putInt32(b []byte, v int) []byte { return be.AppendUint32(b, uint32(int32(v))) }

func putInt64(b []byte, v int64) []byte { return be.AppendUint64(b, uint64(v)) }

func putString(b []byte, s string) []byte {
	return append(putInt32(b, len(s)), s...)
}
