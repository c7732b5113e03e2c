package zkwire

// Paths are the paths that a request speaks of: one for most, one a part for a
// multi, none for those without. What does not decode ends the list.
func Paths(op Op, body []byte) []string {
	d := NewDecoder(body)
	switch op {
	case OpMulti, OpMultiRead:
		return multiPaths(d)
	case OpPing, OpAuth, OpSASL, OpWhoAmI, OpCloseSession, OpReconfig, OpSetWatches, OpSetWatches2:
		return nil
	}
	if _, known := op.Info(); !known {
		return nil
	}
	if path := d.String(); d.Err() == nil {
		return []string{path}
	}
	return nil
}

// parts are the requests that a multi may hold.
var parts = map[Op]func() Record{
	OpCreate:          func() Record { return new(CreateRequest) },
	OpCreate2:         func() Record { return new(CreateRequest) },
	OpCreateContainer: func() Record { return new(CreateRequest) },
	OpCreateTTL:       func() Record { return new(CreateTTLRequest) },
	OpDelete:          func() Record { return new(VersionRequest) },
	OpCheck:           func() Record { return new(VersionRequest) },
	OpSetData:         func() Record { return new(SetDataRequest) },
	OpGetData:         func() Record { return new(ReadRequest) },
	OpGetChildren:     func() Record { return new(ReadRequest) },
}

func multiPaths(d *Decoder) []string {
	var paths []string
	for {
		var h MultiHeader
		h.Decode(d)
		part := parts[h.Op]
		if h.Done || part == nil || d.Err() != nil {
			return paths
		}
		ahead := *d // the path is the first field of every part
		path := ahead.String()
		if part().Decode(d); d.Err() != nil {
			return paths
		}
		paths = append(paths, path)
	}
}
