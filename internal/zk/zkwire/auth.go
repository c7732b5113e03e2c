package zkwire

// ID is an identity, of a client or in an ACL.
type ID struct{ Scheme, ID string }

// ACL grants permissions to an identity.
type ACL struct {
	Perms Perm
	ID    ID
}

// Perm is a set of permissions: ZooDefs.Perms.
type Perm int32

// Permissions.
const (
	PermRead   Perm = 1
	PermWrite  Perm = 2
	PermCreate Perm = 4
	PermDelete Perm = 8
	PermAdmin  Perm = 16
	PermAll    Perm = 31
)

// OpenACL lets anyone do anything.
var OpenACL = []ACL{{PermAll, ID{"world", "anyone"}}}

// AuthRequest is auth (100). A type comes first, which is always 0 and ignored.
type AuthRequest struct {
	Scheme     string // Kazoo sends an empty one as null
	Credential []byte
}

// Encode implements Record.
func (r *AuthRequest) Encode(e *Encoder) {
	e.Int(0)
	e.String(r.Scheme)
	e.Buffer(r.Credential)
}

// Decode implements Record.
func (r *AuthRequest) Decode(d *Decoder) {
	d.Int()
	r.Scheme, _ = d.NullString()
	r.Credential = d.Buffer()
}

// WhoAmIResponse answers whoAmI (107): a scheme and a user's name for each identity.
type WhoAmIResponse struct{ Clients []ID }

// Encode implements Record.
func (r *WhoAmIResponse) Encode(e *Encoder) {
	e.Int(int32(len(r.Clients)))
	for _, c := range r.Clients {
		e.String(c.Scheme)
		e.String(c.ID)
	}
}

// Decode implements Record.
func (r *WhoAmIResponse) Decode(d *Decoder) {
	r.Clients = nil
	for range max(0, d.count(8)) {
		r.Clients = append(r.Clients, ID{d.String(), d.String()})
	}
}
