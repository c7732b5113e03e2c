package topology

// Asks reports whether a query and its whole answer are expected, and no condition.
func (e Expect) Asks() bool { return e.Query != nil || e.QueryFile != "" }
