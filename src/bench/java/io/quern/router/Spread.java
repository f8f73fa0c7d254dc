package io.quern.router;

import io.quern.bench.Service;
import io.quern.faults.StreamedAnswer;
import java.util.List;

/** Sends 64 streams at once to two engines and counts, for each policy, how many each engine gets. */
final class Spread {
    private static final int TOKENS = 100;

    private Spread() {}

    static String table(Deployment deployment) throws Exception {
        StringBuilder table = new StringBuilder("""
                | policy | streams on the first engine | on the second | complete |
                |---|---|---|---|
                """);
        try (Service first = deployment.engine(1);
                Service second = deployment.engine(2)) {
            for (String policy : List.of("round_robin", "cache_aware", "power_of_two", "consistent_hash")) {
                try (Service router = deployment.routerTo(List.of(first, second), policy);
                        Clients clients = new Clients()) {
                    long before = Deployment.requestsTaken(first);
                    long beforeSecond = Deployment.requestsTaken(second);
                    List<StreamedAnswer> answers =
                            Clients.awaitAnswers(clients.submit(router, policy, Deployment.STREAMS, TOKENS));
                    String row = "| `%s` | %d | %d | %d |%n"
                            .formatted(
                                    policy,
                                    Deployment.requestsTaken(first) - before,
                                    Deployment.requestsTaken(second) - beforeSecond,
                                    answers.stream()
                                            .filter(StreamedAnswer::isComplete)
                                            .count());
                    System.out.print(row);
                    table.append(row);
                }
            }
        }
        return table.append('\n').toString();
    }
}
