package io.quern.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.quern.store.StoredModel.Origin;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PullTest {
    private static final String Q4 = "hf:me/tiny-GGUF:Q4_K_M";
    private static final TestContent LARGE = TestContent.generated(9_000_001, 1);
    private static final TestContent SMALL = TestContent.generated(300_000, 2);

    @TempDir
    Path home;

    private TestHub hub;
    private TestStore store;

    @BeforeEach
    void start() throws IOException {
        hub = TestHub.start();
        hub.repo("me/tiny-GGUF")
                .file("README.md", TestContent.text("# tiny"))
                .file("mmproj-tiny-F16.gguf", SMALL)
                .file("tiny-Q4_K_M.gguf", LARGE)
                .file("tiny-Q2_K.gguf", SMALL);
        store = new TestStore(home, hub);
    }

    @AfterEach
    void stop() {
        hub.close();
    }

    @Test
    void namedQuantisationIsDownloadedInParts() throws Exception {
        StoredModel model = store.pull(Q4);

        assertThat(model.file()).hasFileName("tiny-Q4_K_M.gguf");
        assertThat(sha256(model)).isEqualTo(LARGE.sha256()).isEqualTo(model.sha256());
        assertThat(model.verified()).isTrue();
        assertThat(model.commit()).contains(TestHub.COMMIT);
        assertThat(model.quantisation()).contains("Q4_K_M");
        assertThat(model.origin()).isEqualTo(Origin.STORE);
        assertThat(hub.parts()).hasSizeGreaterThan(4).allMatch(request -> !request.range()
                .isEmpty());
        assertThat(store.files())
                .containsExactlyInAnyOrder(
                        "version",
                        "content/" + LARGE.sha256() + "/tiny-Q4_K_M.gguf",
                        "manifests/" + Manifest.id(Q4) + ".json");
        assertThat(Files.getPosixFilePermissions(model.file())).hasSize(2);
        assertThat(store.store().find(TestStore.remote("hf:ME/Tiny-gguf"))).contains(model);
        assertThat(store.store().find(TestStore.remote("hf:me/tiny-GGUF/tiny-Q4_K_M.gguf")))
                .contains(model);
        assertThat(store.store().find(TestStore.remote("hf:me/tiny-GGUF:Q2_K"))).isEmpty();
        assertThat(store.store().list()).containsExactly(model);
        PullEvent.Downloading last = store.events(PullEvent.Downloading.class).getLast();
        assertThat(last).isEqualTo(new PullEvent.Downloading(LARGE.size(), LARGE.size(), LARGE.size()));
    }

    @Test
    void secondPullDownloadsNothing() throws Exception {
        StoredModel first = store.pull(Q4);
        int parts = hub.parts().size();
        assertThat(store.pull(Q4)).isEqualTo(first);
        assertThat(hub.parts()).hasSize(parts);
    }

    @Test
    void newVersionReplacesOldOne() throws Exception {
        StoredModel old = store.pull(Q4);
        hub.repo("me/tiny-GGUF").file("tiny-Q4_K_M.gguf", SMALL);
        StoredModel model = store.pull(Q4);
        assertThat(model.sha256()).isEqualTo(SMALL.sha256());
        assertThat(store.store().list()).containsExactly(model);
        assertThat(old.file()).doesNotExist();
    }

    @Test
    void oldVersionStaysWhileItIsUsed() throws Exception {
        StoredModel old = store.pull(Q4);
        try (ModelUse use = store.store().use(old)) {
            hub.repo("me/tiny-GGUF").file("tiny-Q4_K_M.gguf", SMALL);
            store.pull(Q4);
            assertThat(old.file()).exists();
        }
        store.pull(Q4);
        assertThat(old.file()).doesNotExist();
    }

    @Test
    void quantisationIsChosenIfNoneIsNamed() throws Exception {
        StoredModel model = store.pull("hf:me/tiny-GGUF");
        assertThat(model.reference()).hasToString(Q4);
        PullEvent.Chosen chosen = store.events(PullEvent.Chosen.class).getFirst();
        assertThat(chosen.reason()).isEqualTo("It is the largest.");
        assertThat(chosen.bytes()).isEqualTo(LARGE.size());
        assertThat(store.store().find(TestStore.remote("hf:me/tiny-GGUF"))).contains(model);
    }

    @Test
    void allPartsOfSplitModelAreDownloadedIntoOneFolder() throws Exception {
        hub.repo("me/split-GGUF")
                .file("Q8_0/m-Q8_0-00001-of-00003.gguf", LARGE)
                .file("Q8_0/m-Q8_0-00002-of-00003.gguf", SMALL)
                .file("Q8_0/m-Q8_0-00003-of-00003.gguf", TestContent.generated(70, 3));
        StoredModel model = store.pull("hf:me/split-GGUF:Q8_0");
        assertThat(model.files())
                .extracting(file -> file.getFileName().toString())
                .containsExactly(
                        "m-Q8_0-00001-of-00003.gguf", "m-Q8_0-00002-of-00003.gguf", "m-Q8_0-00003-of-00003.gguf");
        assertThat(model.files())
                .extracting(Path::getParent)
                .containsOnly(model.file().getParent());
        assertThat(model.bytes()).isEqualTo(LARGE.size() + SMALL.size() + 70);
    }

    @Test
    void tokenIsSentToTheHubOnly() throws Exception {
        hub.repo("me/tiny-GGUF").hidden = true;
        hub.repo("me/tiny-GGUF").gated = true;
        store.variables.put("HF_TOKEN", TestHub.TOKEN);
        store.pull(Q4);
        assertThat(hub.requests())
                .filteredOn(TestHub.Request::toHub)
                .isNotEmpty()
                .allMatch(request -> request.authorization().equals("Bearer " + TestHub.TOKEN));
        assertThat(hub.requests())
                .filteredOn(request -> !request.toHub())
                .isNotEmpty()
                .allMatch(request -> request.authorization().isEmpty());
    }

    @Test
    void brokenConnectionsAreResumed() throws Exception {
        hub.faults.breakAfter = 300_000;
        hub.faults.breaks.set(6);
        StoredModel model = store.pull(Q4);
        assertThat(sha256(model)).isEqualTo(LARGE.sha256());
        assertThat(store.events(PullEvent.Retrying.class)).isNotEmpty();
    }

    @Test
    void silentServerCountsAsBroken() throws Exception {
        hub.faults.stalls.set(1);
        assertThat(sha256(store.pull(Q4))).isEqualTo(LARGE.sha256());
        assertThat(store.events(PullEvent.Retrying.class))
                .extracting(PullEvent.Retrying::problem)
                .contains("the server did not answer in time");
    }

    @Test
    void interruptedPullContinuesWhereItStopped() throws Exception {
        interruptAfterTwoParts();
        long before = hub.bytesSent();
        assertThat(store.store().list()).isEmpty();

        store.events.clear();
        assertThat(sha256(store.pull(Q4))).isEqualTo(LARGE.sha256());
        PullEvent.Downloading first = store.events(PullEvent.Downloading.class).getFirst();
        assertThat(first.done()).isGreaterThanOrEqualTo(1_500_000);
        assertThat(first.fetched()).isZero();
        assertThat(hub.bytesSent() - before).isLessThan(LARGE.size() - 1_400_000);
    }

    @Test
    void pullKilledBeforeItsManifestDownloadsNothingAgain() throws Exception {
        String uri = hub.web("some.gguf", LARGE).toString();
        for (String reference : new String[] {Q4, uri}) {
            // the manifest cannot be written, because a folder has its name
            Path manifest = home.resolve(
                    "models/manifests/" + Manifest.id(Manifest.source(TestStore.remote(reference))) + ".json");
            Files.createDirectories(manifest.resolve("taken"));
            refused(StoreProblem.STORE_UNUSABLE, () -> store.pull(reference), "Cannot write to the model store");
            Files.delete(manifest.resolve("taken"));
            Files.delete(manifest);
            int parts = hub.parts().size();
            assertThat(sha256(store.pull(reference))).isEqualTo(LARGE.sha256());
            assertThat(hub.parts()).hasSize(parts);
            store.store().remove(TestStore.remote(reference));
        }
    }

    @Test
    void damagedPartialFileIsDownloadedAgain() throws Exception {
        interruptAfterTwoParts();
        Path data = home.resolve("models/partial/" + LARGE.sha256() + "/tiny-Q4_K_M.gguf.part");
        byte[] bytes = Files.readAllBytes(data);
        for (int at = 10; at < bytes.length; at += Blocks.BYTES) {
            bytes[at] ^= 1;
        }
        Files.write(data, bytes);

        assertThat(sha256(store.pull(Q4))).isEqualTo(LARGE.sha256());
        assertThat(store.notices()).anyMatch(text -> text.contains("is damaged. The download begins again."));
    }

    /** Interrupts a pull after two parts, at least 1,500,000 bytes, have arrived. */
    private void interruptAfterTwoParts() {
        AtomicReference<Throwable> thrown = new AtomicReference<>();
        CountDownLatch interrupted = new CountDownLatch(1);
        AtomicInteger parts = new AtomicInteger();
        hub.faults.beforePart = () -> {
            if (parts.incrementAndGet() > 2) {
                awaitOrFail(interrupted);
            }
        };
        Thread puller = Thread.ofPlatform().start(() -> {
            try {
                store.pull(Q4);
            } catch (Throwable e) {
                thrown.set(e);
            }
        });
        Path data = home.resolve("models/partial/" + LARGE.sha256() + "/tiny-Q4_K_M.gguf.journal");
        await().until(() -> Files.exists(data) && PartialFile.missing(data) < LARGE.size() - 1_500_000);
        puller.interrupt();
        await().until(() -> !puller.isAlive());
        interrupted.countDown();
        hub.faults.beforePart = () -> {};
        assertThat(thrown.get()).isInstanceOf(InterruptedException.class);
    }

    @Test
    void serverWithoutRangesIsReadInOneStream() throws Exception {
        hub.faults.ranges = false;
        hub.faults.breakAfter = 1_000_000;
        hub.faults.breaks.set(1);
        assertThat(sha256(store.pull(Q4))).isEqualTo(LARGE.sha256());
        assertThat(store.notices()).anyMatch(text -> text.contains("cannot be continued"));
    }

    @Test
    void wrongChecksumLeavesNothing() throws Exception {
        hub.faults.damaged = true;
        refused(StoreProblem.CHECKSUM_MISMATCH, () -> store.pull(Q4), "but the hub announces " + LARGE.sha256());
        assertThat(store.store().list()).isEmpty();
        assertThat(store.files()).containsExactlyInAnyOrder("version", "partial/" + LARGE.sha256() + "/model");
    }

    @Test
    void wrongChecksumWithoutRangesLeavesNothing() throws Exception {
        hub.faults.damaged = true;
        hub.faults.ranges = false;
        refused(StoreProblem.CHECKSUM_MISMATCH, () -> store.pull(Q4), "but the hub announces " + LARGE.sha256());
        assertThat(store.store().list()).isEmpty();
    }

    @Test
    void delayThatServerAsksForIsKept() throws Exception {
        hub.faults.status = 429;
        hub.faults.retryAfter = "7";
        hub.faults.failures.set(1);
        hub.faults.listFailures.set(1);
        store.pull(Q4);
        assertThat(store.delays).containsExactly(Duration.ofSeconds(7), Duration.ofSeconds(7));
    }

    @Test
    void tooLongDelayEndsThePull() {
        hub.faults.status = 429;
        hub.faults.retryAfter = "3600";
        hub.faults.listFailures.set(1);
        refused(StoreProblem.RATE_LIMITED, () -> store.pull(Q4), "asks to wait 3600 s");
    }

    @Test
    void serverThatKeepsFailingEndsThePull() {
        hub.faults.failures.set(1000);
        refused(
                StoreProblem.SERVER_ERROR,
                () -> store.pull(Q4),
                "localhost answered with status 503, 4 times in a row");
        hub.faults.failures.set(0);
    }

    @Test
    void hubThatCannotBeReachedIsReported() {
        hub.close();
        refused(StoreProblem.UNREACHABLE, () -> store.pull(Q4), "the connection was refused or failed");
    }

    @Test
    void unknownRepositoryOffersNearest() {
        refused(
                StoreProblem.NOT_FOUND,
                () -> store.pull("hf:me/tinny-GGUF:Q4_K_M"),
                "the hub has no repository me/tinny-GGUF, or it is private. Similar names: hf:me/tiny-GGUF.");
    }

    @Test
    void unknownQuantisationOffersNearest() {
        refused(
                StoreProblem.NOT_FOUND,
                () -> store.pull("hf:me/tiny-GGUF:Q4_K_S"),
                "me/tiny-GGUF has no quantisation Q4_K_S. It has: Q4_K_M, Q2_K.");
    }

    @Test
    void unknownFileOffersNearest() {
        refused(
                StoreProblem.NOT_FOUND,
                () -> store.pull("hf:me/tiny-GGUF/tiny-q4.gguf"),
                "me/tiny-GGUF has no file tiny-q4.gguf. It has: tiny-Q2_K.gguf");
    }

    @Test
    void unknownRevisionIsReported() {
        refused(StoreProblem.NOT_FOUND, () -> store.pull("hf:me/tiny-GGUF@v9:Q2_K"), "has no revision v9");
    }

    @Test
    void repositoryWithoutModelsIsReported() {
        hub.repo("me/tiny").file("model.safetensors", SMALL);
        refused(StoreProblem.NOT_FOUND, () -> store.pull("hf:me/tiny"), "me/tiny has no model in GGUF format");
    }

    @Test
    void gatedRepositoryNamesThePageForAccess() {
        hub.repo("me/tiny-GGUF").gated = true;
        refused(
                StoreProblem.GATED,
                () -> store.pull(Q4),
                "Request access at " + hub.endpoint() + "/me/tiny-GGUF. Then set HF_TOKEN");
        store.variables.put("HF_TOKEN", "hf_ofSomebodyElse");
        refused(StoreProblem.GATED, () -> store.pull(Q4), "The account of the token from HF_TOKEN has no access yet.");
    }

    @Test
    void fileThatIsNoModelIsRefusedBeforeItIsDownloaded() throws Exception {
        hub.repo("me/page-GGUF").file("page-Q8_0.gguf", TestContent.text("<!doctype html><p>Log in".repeat(1000)));
        refused(StoreProblem.NOT_A_MODEL, () -> store.pull("hf:me/page-GGUF"), "it is a web page");
        assertThat(hub.parts()).isEmpty();
    }

    @Test
    void modelThatDoesNotFitOnDiskIsNotDownloaded() {
        store.freeBytes = LARGE.size() - 1;
        refused(StoreProblem.DISK_FULL, () -> store.pull(Q4), "it needs 8.58 MiB");
        assertThat(hub.parts()).isEmpty();
    }

    @Test
    void secondPullOfSameModelWaitsForFirst() throws Exception {
        CompletableFuture<StoredModel> second = new CompletableFuture<>();
        TestStore other = new TestStore(home, hub);
        hub.faults.beforePart = new Runnable() {
            private boolean started;

            @Override
            public synchronized void run() {
                if (!started) {
                    started = true;
                    Thread.ofPlatform().start(() -> {
                        try {
                            second.complete(other.pull(Q4));
                        } catch (Throwable e) {
                            second.completeExceptionally(e);
                        }
                    });
                    await().until(() -> !other.events(PullEvent.Waiting.class).isEmpty());
                }
            }
        };
        StoredModel model = store.pull(Q4);
        assertThat(second.get()).isEqualTo(model);
        assertThat(other.events(PullEvent.Downloading.class)).isEmpty();
    }

    @Test
    void cacheOfHubsOwnClientIsUsedWithoutCopy() throws Exception {
        Path repository = home.resolve("huggingface/hub/models--me--tiny-GGUF");
        Path blob = repository.resolve("blobs/" + LARGE.sha256());
        Path snapshot = repository.resolve("snapshots/" + TestHub.COMMIT);
        Files.createDirectories(blob.getParent());
        Files.createDirectories(snapshot);
        Files.createDirectories(repository.resolve("refs"));
        byte[] bytes = new byte[(int) LARGE.size()];
        LARGE.read(0, bytes, bytes.length);
        Files.write(blob, bytes);
        Files.createSymbolicLink(snapshot.resolve("tiny-Q4_K_M.gguf"), Path.of("../../blobs/" + LARGE.sha256()));
        Files.writeString(repository.resolve("refs/main"), TestHub.COMMIT);

        StoredModel found =
                store.store().find(TestStore.remote("hf:me/tiny-GGUF")).orElseThrow();
        assertThat(found.origin()).isEqualTo(Origin.HUB_CACHE);
        assertThat(found.reference()).hasToString(Q4);
        assertThat(store.files()).isEmpty();

        StoredModel model = store.pull(Q4);
        assertThat(model.file()).isEqualTo(snapshot.resolve("tiny-Q4_K_M.gguf"));
        assertThat(model.sha256()).isEqualTo(found.sha256()).isEqualTo(LARGE.sha256());
        assertThat(hub.parts()).isEmpty();
        assertThat(store.store().list()).containsExactly(model);

        store.store().remove(model.reference());
        assertThat(blob).exists();
    }

    @Test
    void offlineStoreReturnsOnlyWhatIsThere() throws Exception {
        store.variables.put("HF_HUB_OFFLINE", "1");
        refused(StoreProblem.OFFLINE, () -> store.pull(Q4), "HF_HUB_OFFLINE");
        assertThat(hub.requests()).isEmpty();
        store.variables.remove("HF_HUB_OFFLINE");
        StoredModel model = store.pull(Q4);
        store.offline = true;
        assertThat(store.pull("hf:me/tiny-GGUF")).isEqualTo(model);
    }

    @Test
    void requestsGoThroughTheProxyOfTheEnvironment() throws Exception {
        // the test hub answers requests in the form for proxies too
        store.variables.put("HF_ENDPOINT", "http://hub.test");
        store.variables.put("http_proxy", hub.endpoint());
        store.variables.put("HF_TOKEN", TestHub.TOKEN);
        assertThat(sha256(store.pull(Q4))).isEqualTo(LARGE.sha256());
        assertThat(hub.requests()).allMatch(request -> request.authorization().isEmpty());
    }

    @Test
    void webFileIsDownloadedAndReportedAsUnverified() throws Exception {
        String uri = hub.web("some-Q4_0.gguf", LARGE).toString();
        StoredModel model = store.pull(uri + "?key=secret");
        assertThat(sha256(model)).isEqualTo(LARGE.sha256()).isEqualTo(model.sha256());
        assertThat(model.verified()).isFalse();
        assertThat(model.reference().toString()).isEqualTo(uri + "?...");
        assertThat(store.notices()).anyMatch(text -> text.contains("could not be verified"));
        int parts = hub.parts().size();
        assertThat(store.pull(uri + "?key=secret")).isEqualTo(model);
        assertThat(hub.parts()).hasSize(parts);
    }

    @Test
    void allPartsOfSplitModelOnWebServerAreDownloaded() throws Exception {
        String uri = hub.web("m-00001-of-00002.gguf", LARGE).toString();
        hub.web("m-00002-of-00002.gguf", SMALL);
        StoredModel model = store.pull(uri);
        assertThat(model.files())
                .extracting(file -> file.getFileName().toString())
                .containsExactly("m-00001-of-00002.gguf", "m-00002-of-00002.gguf");
        assertThat(model.bytes()).isEqualTo(LARGE.size() + SMALL.size());
    }

    @Test
    void textsOfTheHubCannotControlTheTerminal() throws Exception {
        hub.repo("me/tiny-GGUF").file("\\u001b[2J-Q8_0.gguf", SMALL);
        refused(StoreProblem.NOT_FOUND, () -> store.pull("hf:me/tiny-GGUF:Q8_0"), "It has: Q2_K, Q4_K_M.");
    }

    @Test
    void webFileThatChangesDuringTheDownloadBeginsAgain() throws Exception {
        String uri = hub.web("some.gguf", LARGE).toString();
        TestContent changed = TestContent.generated(LARGE.size(), 7);
        // parts are requested at the same time, so exactly one request must see the number 3
        AtomicInteger parts = new AtomicInteger();
        hub.faults.beforePart = () -> {
            if (parts.incrementAndGet() == 3) {
                hub.web("some.gguf", changed);
            }
        };
        assertThat(sha256(store.pull(uri))).isEqualTo(changed.sha256());
        assertThat(store.notices()).anyMatch(text -> text.contains("changed on the server"));
    }

    @Test
    void missingWebFileIsReported() {
        refused(
                StoreProblem.NOT_FOUND,
                () -> store.pull(hub.web("a.gguf", SMALL) + "x"),
                "localhost has no such file (status 404)");
    }

    @Test
    void newerStoreIsRefused() throws Exception {
        store.pull("hf:me/tiny-GGUF:Q2_K");
        Files.writeString(home.resolve("models/version"), "2\n");
        refused(StoreProblem.NEWER_STORE, () -> store.pull(Q4), "a newer version of Quern has written it");
        refused(StoreProblem.NEWER_STORE, () -> store.store().list(), "Update Quern");
    }

    @Test
    void noMessageContainsTheToken() {
        store.variables.put("HF_TOKEN", TestHub.TOKEN);
        hub.faults.failures.set(1000);
        assertThatThrownBy(() -> store.pull(Q4)).satisfies(e -> {
            for (Throwable cause = e; cause != null; cause = cause.getCause()) {
                assertThat(cause.toString()).doesNotContain(TestHub.TOKEN);
            }
        });
        assertThat(store.events.toString()).doesNotContain(TestHub.TOKEN);
        assertThat(HubEnvironment.of(store.variables, home).token().toString()).doesNotContain(TestHub.TOKEN);
    }

    private static void awaitOrFail(CountDownLatch latch) {
        try {
            assertThat(latch.await(1, TimeUnit.MINUTES)).isTrue();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private static void refused(StoreProblem problem, ThrowingCallable action, String message) {
        assertThatThrownBy(action)
                .isInstanceOfSatisfying(
                        StoreException.class, e -> assertThat(e.problem()).isEqualTo(problem))
                .hasMessageContaining(message);
    }

    private static String sha256(StoredModel model) throws IOException {
        return TestContent.file(model.file()).sha256();
    }
}
