package io.quern.store;

import java.nio.file.Path;
import java.util.Optional;

/** Pulls a model in a process of its own, which a test or a benchmark may kill. Arguments: store, reference. */
final class PullMain {
    private PullMain() {}

    public static void main(String[] args) throws InterruptedException {
        FixedStoreConfig config = new FixedStoreConfig(Optional.of(Path.of(args[0])), false);
        ModelStore store = new ModelStore(
                config,
                () -> Path.of(args[0]),
                HubEnvironment::ofThisProcess,
                Retries.Policy.of(config),
                // a disk may become full although there was space when the download began
                Boolean.getBoolean("blind") ? folder -> Long.MAX_VALUE / 2 : DiskSpace.Gauge.SYSTEM);
        try {
            StoredModel model = store.pull(TestStore.remote(args[1]), new TestStore.Largest(), System.out::println);
            System.out.println("pulled " + model.sha256());
            if (args.length > 2) {
                // keeps the model in use until the process is killed
                try (ModelUse use = store.use(model)) {
                    System.out.println("using");
                    Thread.sleep(Long.MAX_VALUE);
                }
            }
        } catch (StoreException e) {
            System.out.println(e.getMessage());
            System.exit(1);
        }
    }
}
