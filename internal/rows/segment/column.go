package segment

// Type is the type of a column's values: ValueType in Java.
type Type string

// The types of columns.
const (
	Long    Type = "LONG"
	Float   Type = "FLOAT"
	Double  Type = "DOUBLE"
	String  Type = "STRING"
	Complex Type = "COMPLEX"
)

// Column is one column of a segment: a LongColumn, FloatColumn, DoubleColumn,
// *StringColumn or *ComplexColumn.
type Column interface {
	Type() Type
	Len() int // rows
}

// LongColumn is a column of 64-bit integers.
type LongColumn []int64

// FloatColumn is a column of 32-bit floating-point numbers.
type FloatColumn []float32

// DoubleColumn is a column of 64-bit floating-point numbers.
type DoubleColumn []float64

// ComplexColumn is a column that is passed through without being understood, for
// example a sketch that a Java process wrote.
type ComplexColumn struct {
	TypeName string // for example hyperUnique
	rows     int
	data     []byte // everything after the descriptor, as in the file
}

func (c LongColumn) Type() Type     { return Long }
func (c LongColumn) Len() int       { return len(c) }
func (c FloatColumn) Type() Type    { return Float }
func (c FloatColumn) Len() int      { return len(c) }
func (c DoubleColumn) Type() Type   { return Double }
func (c DoubleColumn) Len() int     { return len(c) }
func (c *ComplexColumn) Type() Type { return Complex }
func (c *ComplexColumn) Len() int   { return c.rows }
