package query

import "oakmoot/internal/druid"

// ContextHeader is the HTTP header that carries what a data server has to say
// of a query besides its result.
const ContextHeader = "X-Druid-Response-Context"

// ResponseContext is the value of ContextHeader for a query some of whose
// segments the server does not have: the broker asks others for them.
func ResponseContext(missing []Descriptor) (string, error) {
	if len(missing) == 0 {
		return "{}", nil
	}
	b, err := druid.Marshal(map[string][]Descriptor{"missingSegments": missing})
	return string(b), err
}
