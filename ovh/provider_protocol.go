package ovh

import (
	"context"
	"errors"
	"iter"

	"github.com/lbkit/lbkit/lb"
)

// The API has its frontends, farms and servers three times, once for each protocol.
// The provider sees one of each, in the form of HTTP's, which has every field that
// the others have.

// farm is a farm of any protocol.
type farm struct {
	HTTPFarm
	protocol lb.Protocol
	native   any
}

// server is a server of a farm of any protocol.
type server struct {
	*HTTPServer
	native any
}

// frontend is a frontend of any protocol.
type frontend struct {
	HTTPFrontend
	protocol lb.Protocol
	native   any
}

// calls are the calls to one kind of object of one protocol: N is what is read, C
// what creates and U what updates one.
type calls[N, C, U any] struct {
	list   func(ctx context.Context, service string, page lb.PageOptions) iter.Seq2[*N, error]
	get    func(ctx context.Context, service string, id int64) (*N, error)
	create func(ctx context.Context, service string, body C) (*N, error)
	update func(ctx context.Context, service string, id int64, body U) error
	remove func(ctx context.Context, service string, id int64) error
}

// protocolCalls are the calls of one protocol.
type protocolCalls struct {
	farms     calls[farm, HTTPFarmCreate, HTTPFarmUpdate]
	frontends calls[frontend, HTTPFrontendCreate, HTTPFrontendUpdate]
	servers   func(farm int64) calls[server, HTTPServerCreate, HTTPServerUpdate]
}

// on gives the calls of a protocol. They are made when they are asked for, so that a
// program that asks for none is linked without them.
func (c *Client) on(protocol lb.Protocol) protocolCalls {
	switch protocol {
	case lb.ProtocolTCP:
		return tcpCalls(c.TCP)
	case lb.ProtocolUDP:
		return udpCalls(c.UDP)
	default:
		return httpCalls(c.HTTP)
	}
}

// crud is what the native services of farms and frontends have in common.
type crud[T, C, U, O any] interface {
	List(ctx context.Context, service string, opts O) iter.Seq2[*T, error]
	Get(ctx context.Context, service string, id int64) (*T, error)
	Create(ctx context.Context, service string, body C) (*T, error)
	Update(ctx context.Context, service string, id int64, body U) error
	Delete(ctx context.Context, service string, id int64) error
}

// adapt puts a native service into the form of HTTP's. create and update must lose
// nothing that the Dialect lets through for the protocol.
func adapt[N, NC, NU, T, C, U, O any](api crud[T, C, U, O], options func(lb.PageOptions) O, read func(*T) N, create func(NC) C, update func(NU) U) calls[N, NC, NU] {
	return calls[N, NC, NU]{
		list: func(ctx context.Context, service string, page lb.PageOptions) iter.Seq2[*N, error] {
			return readList(api.List(ctx, service, options(page)), read)
		},
		get: func(ctx context.Context, service string, id int64) (*N, error) {
			return readAs(read)(api.Get(ctx, service, id))
		},
		create: func(ctx context.Context, service string, body NC) (*N, error) {
			return readAs(read)(api.Create(ctx, service, create(body)))
		},
		update: func(ctx context.Context, service string, id int64, body NU) error {
			return api.Update(ctx, service, id, update(body))
		},
		remove: api.Delete,
	}
}

func readAs[N, T any](read func(*T) N) func(*T, error) (*N, error) {
	return func(t *T, err error) (*N, error) {
		if err != nil {
			return nil, err
		}
		return new(read(t)), nil
	}
}

// readList is readAs for a list, of which there may be thousands: many are one piece of
// memory.
func readList[N, T any](list iter.Seq2[*T, error], read func(*T) N) iter.Seq2[*N, error] {
	return func(yield func(*N, error) bool) {
		var room []N
		for t, err := range list {
			if err != nil {
				yield(nil, err)
				return
			}
			if len(room) == cap(room) {
				room = make([]N, 0, min(2*len(room)+1, 64))
			}
			room = append(room, read(t))
			if !yield(&room[len(room)-1], nil) {
				return
			}
		}
	}
}

// farmCRUD is what the native services of servers have in common; inFarm makes a
// crud of one for the servers of one farm.
type farmCRUD[T, C, U, O any] interface {
	List(ctx context.Context, service string, farm int64, opts O) iter.Seq2[*T, error]
	Get(ctx context.Context, service string, farm, id int64) (*T, error)
	Create(ctx context.Context, service string, farm int64, body C) (*T, error)
	Update(ctx context.Context, service string, farm, id int64, body U) error
	Delete(ctx context.Context, service string, farm, id int64) error
}

type inFarm[T, C, U, O any] struct {
	api  farmCRUD[T, C, U, O]
	farm int64
}

func (s inFarm[T, C, U, O]) List(ctx context.Context, service string, opts O) iter.Seq2[*T, error] {
	return s.api.List(ctx, service, s.farm, opts)
}

func (s inFarm[T, C, U, O]) Get(ctx context.Context, service string, id int64) (*T, error) {
	return s.api.Get(ctx, service, s.farm, id)
}

func (s inFarm[T, C, U, O]) Create(ctx context.Context, service string, body C) (*T, error) {
	return s.api.Create(ctx, service, s.farm, body)
}

func (s inFarm[T, C, U, O]) Update(ctx context.Context, service string, id int64, body U) error {
	return s.api.Update(ctx, service, s.farm, id, body)
}

func (s inFarm[T, C, U, O]) Delete(ctx context.Context, service string, id int64) error {
	return s.api.Delete(ctx, service, s.farm, id)
}

// unconverted is the conversion of what has the right form already.
func unconverted[T any](v T) T { return v }

func farmPage(page lb.PageOptions) FarmListOptions     { return FarmListOptions{PageOptions: page} }
func serverPage(page lb.PageOptions) ServerListOptions { return ServerListOptions{PageOptions: page} }

func frontendPage(page lb.PageOptions) FrontendListOptions {
	return FrontendListOptions{PageOptions: page}
}

func httpCalls(s *HTTPService) protocolCalls {
	return protocolCalls{
		farms: adapt(s.Farms, farmPage,
			func(f *HTTPFarm) farm { return farm{HTTPFarm: *f, protocol: lb.ProtocolHTTP, native: f} },
			unconverted[HTTPFarmCreate], unconverted[HTTPFarmUpdate]),
		frontends: adapt(s.Frontends, frontendPage,
			func(f *HTTPFrontend) frontend {
				return frontend{HTTPFrontend: *f, protocol: lb.ProtocolHTTP, native: f}
			},
			unconverted[HTTPFrontendCreate], unconverted[HTTPFrontendUpdate]),
		servers: func(id int64) calls[server, HTTPServerCreate, HTTPServerUpdate] {
			return adapt(inFarm[HTTPServer, HTTPServerCreate, HTTPServerUpdate, HTTPServerListOptions]{s.Farms.Servers, id},
				func(page lb.PageOptions) HTTPServerListOptions { return HTTPServerListOptions{PageOptions: page} },
				func(s *HTTPServer) server { return server{HTTPServer: s, native: s} },
				unconverted[HTTPServerCreate], unconverted[HTTPServerUpdate])
		},
	}
}

// everyProtocol is the lists of all protocols, one after the other. US has no UDP
// and answers 404 there (facts 1.1), which is an empty list; that a service does
// not exist, the lists before it have said.
func everyProtocol[T any](p *provider, list func(protocolCalls) iter.Seq2[*T, error]) iter.Seq2[*T, error] {
	return func(yield func(*T, error) bool) {
		for _, protocol := range protocols {
			for item, err := range list(p.client.on(protocol)) {
				if protocol == lb.ProtocolUDP && errors.Is(err, lb.ErrNotFound) {
					return
				}
				if !yield(item, err) || err != nil {
					return
				}
			}
		}
	}
}
