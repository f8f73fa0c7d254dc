package org.example.consumer;

import jakarta.ws.rs.Consumes;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.NotFoundException;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.PathParam;
import jakarta.ws.rs.core.MediaType;

/** An API that already used /v1 before Quern was added. */
@Path("/v1/orders")
public class Orders {

    @GET
    @Path("/{id}")
    public String order(@PathParam("id") int id) {
        throw new NotFoundException("no order " + id);
    }

    @POST
    @Consumes(MediaType.WILDCARD)
    public int size(String text) {
        return text.length();
    }
}
