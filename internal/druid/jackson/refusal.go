package jackson

import (
	"fmt"
	"strconv"
	"strings"
)

// Refusal is why a value was refused: JsonMappingException. Syntax is set when the JSON
// itself is wrong outside any member: JsonParseException, which Druid's exception
// mapper does not know.
type Refusal struct {
	Message string
	Syntax  bool

	chain []string // from the outermost member inwards
}

func (r *Refusal) Error() string {
	if len(r.chain) == 0 {
		return r.Message
	}
	return r.Message + " (through reference chain: " + strings.Join(r.chain, "->") + ")"
}

func refuse(format string, args ...any) *Refusal {
	return &Refusal{Message: fmt.Sprintf(format, args...)}
}

func broken(err error) *Refusal { return &Refusal{Message: err.Error(), Syntax: true} }

// in is the refusal as seen from the object whose member was refused.
func (r *Refusal) in(class, key string) *Refusal {
	return r.under(simpleName(class) + "[" + strconv.Quote(key) + "]")
}

func (r *Refusal) at(class string, index int) *Refusal {
	return r.under(class + "[" + strconv.Itoa(index) + "]")
}

func (r *Refusal) under(reference string) *Refusal {
	return &Refusal{Message: r.Message, chain: append([]string{reference}, r.chain...)}
}

// simpleName returns a class's package and its own name, without its outer class.
func simpleName(class string) string {
	outer, inner, nested := strings.Cut(class, "$")
	if !nested {
		return class
	}
	return outer[:strings.LastIndexByte(outer, '.')+1] + inner
}
