package io.quern.router;

import io.quern.bench.Service;
import io.quern.faults.StreamedAnswer;
import java.util.List;

/** 64 streams at once over two engines, by policy: how many each has got. */
final class Spread {
    private static final int TOKENS = 100;

    private Spread() {}

    static String table(Deployment house) throws Exception {
        StringBuilder table = new StringBuilder("""
                | policy | streams on the first engine | on the second | complete |
                |---|---|---|---|
                """);
        try (Service first = house.engine(1);
                Service second = house.engine(2)) {
            for (String policy : List.of("round_robin", "cache_aware", "power_of_two", "consistent_hash")) {
                try (Service router = house.routerTo(List.of(first, second), policy);
                        Clients clients = new Clients()) {
                    long before = Deployment.taken(first);
                    long beforeSecond = Deployment.taken(second);
                    List<StreamedAnswer> told = Clients.ends(clients.begin(router, policy, Deployment.STREAMS, TOKENS));
                    String row = "| `%s` | %d | %d | %d |%n"
                            .formatted(
                                    policy,
                                    Deployment.taken(first) - before,
                                    Deployment.taken(second) - beforeSecond,
                                    told.stream().filter(StreamedAnswer::whole).count());
                    System.out.print(row);
                    table.append(row);
                }
            }
        }
        return table.append('\n').toString();
    }
}
