package gate

import "oakmoot/internal/druid/jackson"

// ErrNothing means that a body is null or empty: Druid's resources do not expect that.
var ErrNothing = &jackson.Refusal{Message: "null", Syntax: true}

// Check reads a body as one of the types of this package. The error is a
// *jackson.Refusal.
func Check(body []byte, as jackson.Type) error {
	v := jackson.Parse(body)
	if v.IsNull() {
		return ErrNothing
	}
	if refused := as(v); refused != nil {
		return refused
	}
	return nil
}

// Strings is a Set<String>.
var Strings = jackson.Set(jackson.String)

// SupervisorSpec is SupervisorSpec without the extensions that provide one.
var SupervisorSpec = (&poly{
	Base: pkg + "indexing.overlord.supervisor.SupervisorSpec", Types: types{"NoopSupervisorSpec": jackson.Any},
}).Read
