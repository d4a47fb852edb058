// Package scaleway is a typed client of the Scaleway Load Balancer API v1, and
// the [lb.Provider] on top of it.
//
// [NewClient] makes a client, [Client.Zone] gives the services of one zone:
//
//	client, err := scaleway.NewClient(secretKey, scaleway.WithProject(project))
//	if err != nil {
//		return err
//	}
//	zone := client.Zone("fr-par-1")
//	for backend, err := range zone.Backends.List(ctx, lbID, scaleway.BackendListOptions{}) {
//		if err != nil {
//			return err
//		}
//		fmt.Println(backend.Name, backend.Pool)
//	}
//
// Types say what goes over the wire: a field has the API's name, an enum is an
// open string, a duration has the API's unit in its type. An update replaces
// the whole object, so it is made from the object that was read:
//
//	update := scaleway.NewBackendUpdate(backend)
//	update.ForwardPort = 8080
//	backend, err = zone.Backends.Update(ctx, backend.ID, update)
//
// Errors are [*lb.Error]; behind it, errors.As finds the API's own [*Error].
package scaleway
