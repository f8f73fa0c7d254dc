package io.quern;

import static com.tngtech.archunit.lang.SimpleConditionEvent.violated;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;

import com.tngtech.archunit.core.domain.JavaCall;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaCodeUnit;
import com.tngtech.archunit.lang.ArchCondition;
import com.tngtech.archunit.lang.ArchRule;
import com.tngtech.archunit.lang.ConditionEvents;
import java.util.HashSet;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * The rule for static initialisers. Quarkus runs them when it builds a native executable, so what they find out about
 * the machine, the user, the environment or the time is that of the build, on every machine and for ever.
 */
final class StaticInitialisers {
    /** Methods and constructors whose result depends on where and when they are called, as CLASS.NAME. */
    private static final Pattern DEPENDENT = Pattern.compile("java\\.nio\\.file\\.(Files|FileSystem|FileStore)\\..*"
            + "|java\\.nio\\.file\\.Path\\.(toAbsolutePath|toRealPath|toUri)"
            + "|java\\.io\\.(File\\.(?!<init>|toPath|getName).*|(FileInputStream|FileReader|RandomAccessFile)\\..*)"
            + "|java\\.lang\\.System\\.(?!arraycopy|getLogger).*"
            + "|java\\.lang\\.(Runtime|ProcessHandle|ProcessHandle\\$Info|ProcessBuilder|Thread)\\..*"
            + "|java\\.lang\\.(Integer\\.getInteger|Long\\.getLong|Boolean\\.getBoolean)"
            + "|java\\.lang\\.(Class|ClassLoader)\\.getResource.*"
            + "|java\\.lang\\.management\\..*"
            + "|java\\.nio\\.charset\\.Charset\\.defaultCharset"
            + "|java\\.time\\..*\\.(now|systemDefault|system\\w*)"
            + "|java\\.time\\.format\\.DateTimeFormatter\\.ofLocalized.*"
            + "|java\\.util\\.Locale\\.getDefault|java\\.util\\.TimeZone\\.getDefault|java\\.util\\.Date\\.<init>"
            + "|java\\.util\\.(UUID\\.randomUUID|(Random|SplittableRandom)\\..*)"
            + "|java\\.util\\.concurrent\\.(ThreadLocalRandom|Executors|ForkJoinPool)\\..*"
            + "|java\\.security\\.(SecureRandom|KeyStore|Security)\\..*"
            + "|java\\.net\\.(InetAddress|NetworkInterface|ProxySelector)\\..*"
            + "|java\\.lang\\.foreign\\.(Linker|SymbolLookup|Arena)\\..*"
            + "|java\\.net\\.http\\.HttpClient\\..*"
            + "|org\\.eclipse\\.microprofile\\.config\\.ConfigProvider\\..*"
            + "|io\\.quarkus\\.runtime\\.(LaunchMode|ImageMode)\\.current");

    private StaticInitialisers() {}

    /**
     * Follows calls within Quern, but neither lambdas, which rarely run at once, nor calls that a library makes.
     *
     * @param atRunTime names of classes that a native executable initialises when it runs
     */
    static ArchRule knowNothingAboutTheMachine(Set<String> atRunTime) {
        return classes().should(new ArchCondition<>("find out nothing about the machine in a static initialiser") {
            @Override
            public void check(JavaClass one, ConditionEvents events) {
                if (!atRunTime.contains(one.getName())) {
                    one.getStaticInitializer().ifPresent(first -> follow(first, one, "", new HashSet<>(), events));
                }
            }
        });
    }

    private static void follow(
            JavaCodeUnit code, JavaClass one, String way, Set<JavaCodeUnit> seen, ConditionEvents events) {
        if (!seen.add(code)) {
            return;
        }
        for (JavaCall<?> call : code.getCallsFromSelf()) {
            if (call.isDeclaredInLambda()) {
                continue;
            }
            String called = call.getTargetOwner().getName() + "." + call.getName();
            if (DEPENDENT.matcher(called).matches()) {
                events.add(violated(one, "the static initialiser of " + one.getName() + " calls" + way + " " + called));
            }
            call.getTarget()
                    .resolveMember()
                    .filter(JavaCodeUnit.class::isInstance)
                    .map(JavaCodeUnit.class::cast)
                    .filter(next -> next.getOwner().getPackageName().startsWith("io.quern"))
                    .ifPresent(next -> follow(
                            next,
                            one,
                            way + " " + next.getOwner().getSimpleName() + "." + next.getName(),
                            seen,
                            events));
        }
    }
}
