package metadata

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// ForeignTableError refuses a database in which a table with one of Druid's names has columns that Druid 0.14.0
// cannot work with.
type ForeignTableError struct {
	Table, Column string // as the database names them
	Reason        string
}

func (e *ForeignTableError) Error() string {
	return fmt.Sprintf("table %s: column %q %s", e.Table, e.Column, e.Reason)
}

// foundColumn is a column that the database has.
type foundColumn struct {
	table, name, kind string
	mustFill          bool // NOT NULL, without a default
}

func readFoundColumn(s scan) (foundColumn, error) {
	var f foundColumn
	err := s(&f.table, &f.name, &f.kind, &f.mustFill)
	return f, err
}

// existingColumns are the columns of Druid's tables that exist, by table and column name as the catalogue spells
// them.
func (c conn) existingColumns(ctx context.Context) (map[string]map[string]foundColumn, error) {
	found, err := collect(ctx, c, readFoundColumn, `SELECT table_name::text, column_name::text, udt_name::text,
		is_nullable = 'NO' AND column_default IS NULL AND is_identity = 'NO' AND is_generated = 'NEVER'
		FROM information_schema.columns WHERE table_schema = current_schema() AND table_name LIKE 'druid%'`)
	if err != nil {
		return nil, fmt.Errorf("read the catalogue: %w", err)
	}
	tables := map[string]map[string]foundColumn{}
	for _, f := range found {
		if tables[f.table] == nil {
			tables[f.table] = map[string]foundColumn{}
		}
		tables[f.table][f.name] = f
	}
	return tables, nil
}

// inCatalog is the table's name as PostgreSQL stores it: unquoted names are folded to lower case.
func (t table) inCatalog() string { return strings.ToLower(t.name) }

func (c column) inCatalog() string { return strings.ToLower(strings.Trim(c.name, `"`)) }

// kinds are the PostgreSQL types that can hold a content.
func (h content) kinds() []string {
	switch h {
	case flagColumn, flagFalse:
		return []string{"bool"}
	case jsonColumn, nullJSON:
		return []string{"bytea"}
	case serialColumn:
		return []string{"int8"}
	}
	return []string{"varchar", "text"}
}

// check refuses a table that lacks a column, has one of another type, or has an extra one that must be filled.
// Columns that a newer Druid added, and that may stay empty, do no harm.
func (t table) check(found map[string]foundColumn) error {
	known := map[string]bool{}
	for _, c := range t.columns {
		name := c.inCatalog()
		known[name] = true
		f, ok := found[name]
		if !ok {
			return &ForeignTableError{t.inCatalog(), name, "of Druid 0.14.0 is missing"}
		}
		if kinds := c.holds.kinds(); !slices.Contains(kinds, f.kind) {
			return &ForeignTableError{t.inCatalog(), name, fmt.Sprintf("is of type %s, and of type %s in Druid 0.14.0", f.kind, kinds[0])}
		}
	}
	for _, name := range slices.Sorted(maps.Keys(found)) {
		if !known[name] && found[name].mustFill {
			return &ForeignTableError{t.inCatalog(), name, "must be filled, and Druid 0.14.0 does not know it"}
		}
	}
	return nil
}
