package io.github.backdoor4j.core;

import static com.tngtech.archunit.base.DescribedPredicate.not;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.equivalentTo;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.GeneralCodingRules.NO_CLASSES_SHOULD_ACCESS_STANDARD_STREAMS;
import static com.tngtech.archunit.library.GeneralCodingRules.NO_CLASSES_SHOULD_THROW_GENERIC_EXCEPTIONS;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** The rules of the architecture that the compiler does not know. */
class ArchitectureRulesTest {

  private static final String CORE = "io.github.backdoor4j.core";

  private static JavaClasses core;

  @BeforeAll
  static void load() {
    core =
        new ClassFileImporter()
            .withImportOption(new ImportOption.DoNotIncludeTests())
            .importPackages(CORE);
  }

  @Test
  void packages_haveNoCycles() {
    slices().matching(CORE + ".(*)..").should().beFreeOfCycles().check(core);
  }

  @Test
  void root_dependsOnNoSubPackage() {
    noClasses()
        .that()
        .resideInAPackage(CORE)
        .should()
        .dependOnClassesThat()
        .resideInAPackage(CORE + ".*..")
        .check(core);
  }

  @Test
  void rootAndRecords_doNotTouchTheEngine() {
    noClasses()
        .that()
        .resideInAnyPackage(CORE, CORE + ".record")
        .should()
        .dependOnClassesThat()
        .resideInAPackage("org.bytedeco..")
        .check(core);
  }

  @Test
  void extensionPoints_showTensorsAndNothingElseOfTheEngine() {
    noClasses()
        .that()
        .resideInAPackage(CORE + ".spi")
        .should()
        .dependOnClassesThat(
            resideInAPackage("org.bytedeco..").and(not(equivalentTo(Tensor.class))))
        .check(core);
  }

  @Test
  void blas_isTheTensorLayersBusiness() {
    classes()
        .that()
        .resideOutsideOfPackage(CORE + ".tensor")
        .should()
        .onlyDependOnClassesThat(not(resideInAPackage("org.bytedeco.openblas..")))
        .check(core);
  }

  /** libtorch's own modules and optimisers load wrong shapes in silence and hide their state. */
  @Test
  void libtorchsModulesAndOptimisers_areNotUsed() {
    noClasses()
        .should()
        .dependOnClassesThat()
        .haveNameMatching(
            "org\\.bytedeco\\.pytorch\\.(\\w+Impl|\\w*Module|Optimizer|SGD|Adam|AdamW|Adagrad|RMSprop|LBFGS)")
        .check(core);
  }

  @Test
  void library_printsNothing() {
    NO_CLASSES_SHOULD_ACCESS_STANDARD_STREAMS.check(core);
  }

  @Test
  void exceptions_areOfOurKinds() {
    NO_CLASSES_SHOULD_THROW_GENERIC_EXCEPTIONS.check(core);
  }

  @Test
  void randomness_comesFromSeeds() {
    noClasses()
        .should()
        .dependOnClassesThat()
        .haveFullyQualifiedName("java.util.Random")
        .orShould()
        .dependOnClassesThat()
        .haveFullyQualifiedName("java.util.concurrent.ThreadLocalRandom")
        .orShould()
        .callMethod(Math.class, "random")
        .check(core);
  }
}
