package druid

// RuleList is a list of rules as Java writes it into the rules table and its HTTP
// answers: the list's type is erased, so each rule has its type only once, at the end.
type RuleList []Rule

// MarshalJSON writes the list; nil is an empty one.
func (l RuleList) MarshalJSON() ([]byte, error) {
	b := []byte{'['}
	for i, r := range l {
		rule, err := r.MarshalJSON()
		if err != nil {
			return nil, err
		}
		if i > 0 {
			b = append(b, ',')
		}
		b = append(b, '{')
		b = append(b, rule[len(`{"type":,`)+len(quote(r.Type)):]...)
	}
	return append(b, ']'), nil
}
