package scaleway

import "github.com/lbkit/lbkit/internal/rest"

// roomy is an object with room for the items that its lists most often have, in one
// piece of memory: a list that grows while it is decoded allocates at each step.
type roomy[T, L any, P lists[T, L]] struct {
	object T
	room   L
}

// lists is the memory for the lists of a T.
type lists[T, L any] interface {
	*L
	lend(to *T)
	recall(from *T) // what the answer did not name is nil
}

// roomFor is where an answer is decoded to, and the T in it.
func roomFor[T, L any, P lists[T, L]]() (*T, rest.BodyDecoder) {
	r := &roomy[T, L, P]{}
	return &r.object, r
}

// DecodeBody reads a T, whatever an attempt before has left.
func (r *roomy[T, L, P]) DecodeBody(data []byte) error {
	r.object = *new(T)
	P(&r.room).lend(&r.object)
	err := rest.Decode(data, &r.object)
	P(&r.room).recall(&r.object)
	return err
}

// recall sets a list to nil that is as it was lent. One that is empty in the answer has
// no room.
func recall[T any](list *[]T) {
	if len(*list) == 0 && cap(*list) > 0 {
		*list = nil
	}
}

func (*LB) withRoom() (*LB, rest.BodyDecoder)           { return roomFor[LB, lbLists]() }
func (*Backend) withRoom() (*Backend, rest.BodyDecoder) { return roomFor[Backend, backendLists]() }

func (*Frontend) withRoom() (*Frontend, rest.BodyDecoder) { return roomFor[Frontend, frontendLists]() }

type lbLists struct {
	ips       [2]IP
	instances [2]Instance
	tags      [4]string
}

func (l *lbLists) lend(b *LB) { b.IP, b.Instances, b.Tags = l.ips[:0], l.instances[:0], l.tags[:0] }

func (*lbLists) recall(b *LB) {
	recall(&b.IP)
	recall(&b.Instances)
	recall(&b.Tags)
}

type backendLists struct {
	pool [4]string
	lb   lbLists
}

func (l *backendLists) lend(b *Backend) {
	b.Pool = l.pool[:0]
	l.lb.lend(&b.LB)
}

func (l *backendLists) recall(b *Backend) {
	recall(&b.Pool)
	l.lb.recall(&b.LB)
}

type frontendLists struct {
	certificates [2]string
	backend      backendLists
	lb           lbLists
}

func (l *frontendLists) lend(f *Frontend) {
	f.CertificateIDs = l.certificates[:0]
	l.backend.lend(&f.Backend)
	l.lb.lend(&f.LB)
}

func (l *frontendLists) recall(f *Frontend) {
	recall(&f.CertificateIDs)
	l.backend.recall(&f.Backend)
	l.lb.recall(&f.LB)
}
