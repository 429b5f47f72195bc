package io.github.backdoor4j.examples;

import static com.tngtech.archunit.base.DescribedPredicate.describe;
import static com.tngtech.archunit.base.DescribedPredicate.not;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.lang.conditions.ArchPredicates.are;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.domain.JavaConstructor;
import com.tngtech.archunit.core.domain.JavaMethodCall;
import com.tngtech.archunit.core.domain.JavaModifier;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.lang.ArchCondition;
import com.tngtech.archunit.lang.ArchRule;
import com.tngtech.archunit.lang.ConditionEvents;
import com.tngtech.archunit.lang.SimpleConditionEvent;
import com.tngtech.archunit.library.GeneralCodingRules;
import io.github.backdoor4j.core.spi.Named;
import io.github.backdoor4j.core.spi.NamedStrategy;
import java.io.ObjectInputStream;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import org.bytedeco.pytorch.GeneratorOptional;
import org.bytedeco.pytorch.TensorOptions;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What every module keeps. Here, because only here all of them are on one class path. */
class ModuleRulesTest {

  private static final String ROOT = "io.github.backdoor4j.";
  private static final List<String> FLAT =
      List.of("datasets", "models", "attacks", "defenses", "eval", "testkit", "examples");
  private static final String[] LIBRARY = {
    ROOT + "core..",
    ROOT + "datasets..",
    ROOT + "models..",
    ROOT + "attacks..",
    ROOT + "defenses..",
    ROOT + "eval..",
    ROOT + "testkit.."
  };

  // read once: all classes of Backdoor4J that this module sees, its own tests left out
  private static final JavaClasses ALL =
      new ClassFileImporter()
          .withImportOption(location -> !location.contains("/test-classes/"))
          .importPackages("io.github.backdoor4j");

  /** Classes whose job it is to speak to a terminal. */
  private static final DescribedPredicate<JavaClass> COMMAND_LINE =
      describe(
          "belong to the command line",
          type ->
              outermost(type).isAnnotatedWith("picocli.CommandLine$Command")
                  || outermost(type)
                      .getSimpleName()
                      .matches("Backdoor4j|Cli.*|CellProgress|Interruption"));

  private static JavaClass outermost(JavaClass type) {
    return type.getEnclosingClass().map(ModuleRulesTest::outermost).orElse(type);
  }

  @Test
  void packages_areFlatAndNamedLikeTheirModule() {
    String[] allowed = FLAT.stream().map(word -> ROOT + word).toArray(String[]::new);
    classes()
        .that(not(resideInAPackage(ROOT + "core..")))
        .should()
        .resideInAnyPackage(allowed)
        .check(ALL);
    List<String> inCore = List.of("core", "core.tensor", "core.spi", "core.data", "core.nn");
    classes()
        .that(resideInAPackage(ROOT + "core.."))
        .should()
        .resideInAnyPackage(
            java.util.stream.Stream.concat(
                    inCore.stream(), java.util.stream.Stream.of("core.train", "core.record"))
                .map(word -> ROOT + word)
                .toArray(String[]::new))
        .check(ALL);
  }

  @ParameterizedTest
  @ValueSource(strings = {"core", "datasets", "models", "attacks", "defenses", "eval", "testkit"})
  void modules_dependOnCoreAndOnNoSibling(String module) {
    String[] siblings =
        FLAT.stream()
            .filter(other -> !other.equals(module))
            .map(other -> ROOT + other + "..")
            .toArray(String[]::new);
    noClasses()
        .that(resideInAPackage(ROOT + module + ".."))
        .should()
        .dependOnClassesThat(resideInAnyPackage(siblings))
        .check(ALL);
  }

  @Test
  void libraries_printNothing() {
    noClasses()
        .that(resideInAnyPackage(LIBRARY))
        .and(are(not(COMMAND_LINE)))
        .should(GeneralCodingRules.ACCESS_STANDARD_STREAMS)
        .orShould()
        .callMethodWhere(
            describe(
                "printStackTrace()",
                call ->
                    call.getName().equals("printStackTrace")
                        && call.getTarget().getRawParameterTypes().isEmpty()))
        .check(ALL);
  }

  @Test
  void libraries_drawNothingFromGlobalGenerators() {
    noGlobalDraws(LIBRARY).check(ALL);
  }

  @Test
  void globalGenerators_areFound() {
    JavaClasses offenders = new ClassFileImporter().importClasses(Offender.class);

    assertThatThrownBy(() -> noGlobalDraws(ROOT + "examples").check(offenders))
        .isInstanceOf(AssertionError.class)
        .hasMessageContaining("torch.rand(")
        .hasMessageContaining("java.util.Random")
        .hasMessageNotContaining("torch.randperm(");
  }

  /** What the rule must find, and in the last line what it must not. */
  static final class Offender {
    static void draw(java.util.Random random, GeneratorOptional generator) {
      torch.rand(random.nextLong());
      torch.randperm(3, generator, new TensorOptions());
    }
  }

  private static ArchRule noGlobalDraws(String... packages) {
    return noClasses()
        .that(resideInAnyPackage(packages))
        .should()
        .dependOnClassesThat()
        .haveFullyQualifiedName("java.util.Random")
        .orShould()
        .dependOnClassesThat()
        .haveFullyQualifiedName("java.util.concurrent.ThreadLocalRandom")
        .orShould()
        .dependOnClassesThat()
        .haveFullyQualifiedName("java.security.SecureRandom")
        .orShould()
        .callMethod(Math.class, "random")
        .orShould()
        .callMethod(java.util.UUID.class, "randomUUID")
        .orShould()
        .callMethod(java.util.Collections.class, "shuffle", List.class)
        .orShould()
        .callMethodWhere(describe("the engine's global generator", ModuleRulesTest::globalDraw))
        .because("all randomness comes from a Seed");
  }

  private static final Set<String> DRAWS =
      Set.of(
          "rand",
          "randn",
          "randint",
          "randperm",
          "rand_like",
          "randn_like",
          "randint_like",
          "bernoulli",
          "bernoulli_",
          "normal",
          "normal_",
          "uniform_",
          "random_",
          "exponential_",
          "cauchy_",
          "geometric_",
          "log_normal_",
          "multinomial",
          "poisson",
          "dropout",
          "dropout_",
          "manual_seed");

  /** A call of an operation that draws, without a generator among its arguments. */
  private static boolean globalDraw(JavaMethodCall call) {
    return call.getTargetOwner().getPackageName().startsWith("org.bytedeco.pytorch")
        && DRAWS.contains(call.getName())
        && call.getTarget().getRawParameterTypes().stream()
            .noneMatch(type -> type.getSimpleName().startsWith("Generator"));
  }

  @Test
  void libraries_startNoThreads() {
    noClasses()
        .that(resideInAnyPackage(LIBRARY))
        .and(are(not(COMMAND_LINE)))
        .and()
        .doNotHaveSimpleName(
            "SideBySide") // whole runs, each on a thread of its own from end to end
        .should()
        .callConstructorWhere(
            describe("a thread's", call -> call.getTargetOwner().isAssignableTo(Thread.class)))
        .orShould()
        .dependOnClassesThat()
        .haveFullyQualifiedName("java.util.concurrent.Executors")
        .orShould()
        .dependOnClassesThat()
        .haveFullyQualifiedName("java.util.concurrent.CompletableFuture")
        .orShould()
        .callMethodWhere(
            describe(
                "a parallel stream",
                call -> Set.of("parallelStream", "parallel").contains(call.getName())))
        .because("memory scopes and gradient modes belong to one thread")
        .check(ALL);
  }

  @Test
  void libraries_useNoJavaSerialization_andNoOtherOptimizers() {
    noClasses()
        .that(resideInAnyPackage(LIBRARY))
        .and()
        .doNotHaveSimpleName("BareStep") // what the one training loop is measured against
        .should()
        .dependOnClassesThat()
        .areAssignableTo(ObjectInputStream.class)
        .orShould()
        .dependOnClassesThat()
        .haveFullyQualifiedName("org.bytedeco.pytorch.Optimizer")
        .orShould()
        .callMethodWhere(
            describe(
                "backward()",
                call ->
                    call.getName().equals("backward")
                        && call.getTargetOwner().getName().equals("org.bytedeco.pytorch.Tensor")))
        .because("files are data, and there is one training loop")
        .check(ALL);
  }

  /** Native memory is freed by scopes; asking the collector for it would hide what they miss. */
  @Test
  void libraries_askForNoGarbageCollection() {
    noClasses()
        .that(resideInAnyPackage(LIBRARY))
        .and()
        .doNotHaveSimpleName("NativeLeaks") // looks for what is left when all has been collected
        .should()
        .callMethod(System.class, "gc")
        .orShould()
        .callMethod(Runtime.class, "gc")
        .check(ALL);
  }

  @Test
  void strategies_readNoClock() {
    noClasses()
        .that(resideInAnyPackage(ROOT + "attacks..", ROOT + "defenses..", ROOT + "models.."))
        .should()
        .callMethod(System.class, "currentTimeMillis")
        .orShould()
        .callMethod(System.class, "nanoTime")
        .orShould()
        .callMethod(java.time.Instant.class, "now")
        .allowEmptyShould(true)
        .check(ALL);
  }

  @Test
  void texts_doNotDependOnTheLocale() {
    noClasses()
        .that(resideInAnyPackage(LIBRARY))
        .should()
        .callMethod(String.class, "format", String.class, Object[].class)
        .orShould()
        .callMethod(String.class, "formatted", Object[].class)
        .orShould()
        .callMethod(String.class, "toLowerCase")
        .orShould()
        .callMethod(String.class, "toUpperCase")
        .check(ALL);
  }

  @Test
  void providers_havePublicConstructorsWithoutArguments_andKeepNoStateThatChanges() {
    classes()
        .that(describe("are providers", type -> isProvider(type, Named.class)))
        .should(bePublicAndStateless())
        .check(ALL);
  }

  @Test
  void strategies_haveAPublicOptionsRecord() {
    classes()
        .that(describe("have options", type -> isProvider(type, NamedStrategy.class)))
        .should(haveOptions())
        .check(ALL);
  }

  private static boolean isProvider(JavaClass type, Class<?> point) {
    return type.isAssignableTo(point)
        && !type.isInterface()
        && !type.getModifiers().contains(JavaModifier.ABSTRACT);
  }

  private static ArchCondition<JavaClass> bePublicAndStateless() {
    return new ArchCondition<>("be public, with a public constructor () and final fields only") {
      @Override
      public void check(JavaClass type, ConditionEvents events) {
        boolean constructor =
            type.getConstructors().stream()
                .filter(c -> c.getRawParameterTypes().isEmpty())
                .map(JavaConstructor::getModifiers)
                .anyMatch(modifiers -> modifiers.contains(JavaModifier.PUBLIC));
        boolean stateless =
            type.getFields().stream()
                .allMatch(field -> field.getModifiers().contains(JavaModifier.FINAL));
        boolean open = type.getModifiers().contains(JavaModifier.PUBLIC);
        String message =
            type.getName()
                + ": public "
                + open
                + ", constructor "
                + constructor
                + ", stateless "
                + stateless;
        events.add(new SimpleConditionEvent(type, open && constructor && stateless, message));
      }
    };
  }

  private static ArchCondition<JavaClass> haveOptions() {
    return new ArchCondition<>("have defaults() that give a public record") {
      @Override
      public void check(JavaClass type, ConditionEvents events) {
        boolean found =
            Arrays.stream(type.reflect().getMethods())
                .filter(method -> method.getName().equals("defaults") && !method.isBridge())
                .map(java.lang.reflect.Method::getReturnType)
                .anyMatch(
                    options ->
                        options.isRecord()
                            && java.lang.reflect.Modifier.isPublic(options.getModifiers()));
        events.add(new SimpleConditionEvent(type, found, type.getName() + ": " + found));
      }
    };
  }
}
