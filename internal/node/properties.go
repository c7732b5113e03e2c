package node

import (
	"fmt"
	"strconv"
	"time"
)

// Properties are Druid's runtime properties of one node, by their full names.
type Properties map[string]string

// String is the property's value, or def when it is not set.
func (p Properties) String(key, def string) string {
	if v, ok := p[key]; ok {
		return v
	}
	return def
}

var _ = strconv.Itoa
var _ = fmt.Sprint
var _ = time.Second
