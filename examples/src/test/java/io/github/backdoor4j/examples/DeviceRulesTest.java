package io.github.backdoor4j.examples;

import static com.tngtech.archunit.base.DescribedPredicate.describe;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaAccess;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.domain.JavaMethodCall;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.lang.ArchRule;
import io.github.backdoor4j.core.tensor.ComputeDevice;
import io.github.backdoor4j.core.tensor.Tensors;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.bytedeco.pytorch.GeneratorOptional;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.Test;

/**
 * That nothing computes on the CPU unnoticed, or mixes devices, where a GPU is asked for: read from
 * the byte code, since most machines that run tests have none.
 */
class DeviceRulesTest {

  private static final String ROOT = "io.github.backdoor4j.";
  private static final String[] COMPUTING = {
    ROOT + "core..", ROOT + "attacks..", ROOT + "defenses..", ROOT + "models..", ROOT + "eval.."
  };

  // read once: all classes of Backdoor4J that this module sees, its own tests left out
  private static final JavaClasses ALL =
      new ClassFileImporter()
          .withImportOption(location -> !location.contains("/test-classes/"))
          .importPackages("io.github.backdoor4j");

  // those that read data sets work in host memory, and programs leave placing to the libraries
  private static final JavaClasses AT_WORK = ALL.that(resideInAnyPackage(COMPUTING));

  @Test
  void tensorsMadeInHostMemory_areHandedToADevice() {
    HostTensors rule = new HostTensors(HostMemory.HANDED_ON, HostMemory.STAYS.keySet());

    assertThat(rule.violations(AT_WORK)).isEmpty();
  }

  @Test
  void tensorsThatNobodyHandsToADevice_areFound() {
    HostTensors rule = new HostTensors(List.of("HostOffender.drawn"), List.of());
    JavaClasses offender = new ClassFileImporter().importClasses(HostOffender.class);

    assertThat(methodsIn(rule.violations(offender)))
        .containsExactly(
            "HostOffender.forgotten",
            "HostOffender.inALambda",
            "HostOffender.oneOfTwo",
            "HostOffender.readBeforeItIsMade",
            "HostOffender.throughAHelper");
  }

  @Test
  void exceptions_areOfMethodsThatMakeTensors() {
    HostTensors strict = new HostTensors(HostMemory.HANDED_ON, List.of());

    assertThat(methodsIn(strict.violations(AT_WORK)))
        .as("nothing is excused that needs no excuse")
        .containsExactlyElementsOf(HostMemory.STAYS.keySet());
    assertThat(HostMemory.HANDED_ON)
        .as("methods that hand a tensor in host memory to their callers")
        .allSatisfy(name -> assertThat(strict.makesSomething(AT_WORK, name)).as(name).isTrue());
  }

  private static Set<String> methodsIn(List<String> violations) {
    Set<String> methods = new TreeSet<>();
    violations.forEach(violation -> methods.add(violation.substring(0, violation.indexOf(' '))));
    return methods;
  }

  /** What the rule must find, and in the last methods what it must not. */
  static final class HostOffender {

    static Tensor forgotten(Tensor images) {
      return images.mul(torch.ones(3));
    }

    static Tensor oneOfTwo(Tensor images) {
      Tensor one = ComputeDevice.of(images).place(torch.ones(3));
      return one.add(Tensors.ofFloats(new float[] {1, 2, 3}));
    }

    static Tensor throughAHelper(Tensor images, GeneratorOptional generator) {
      return images.add(drawn(generator));
    }

    static java.util.function.Supplier<Tensor> inALambda(Tensor images) {
      return () -> images.add(torch.full(new long[] {1, 2}, new Scalar(1.0)));
    }

    static Tensor readBeforeItIsMade(Tensor images) {
      float[] values = Tensors.toFloats(images);
      values[0] = 0;
      values[1] = 1;

      return Tensors.ofFloats(values);
    }

    static Tensor drawn(GeneratorOptional generator) {
      return Tensors.uniform(generator, 0, 1, 3);
    }

    static Tensor placed(Tensor images, GeneratorOptional generator) {
      return images.mul(ComputeDevice.of(images).place(drawn(generator)));
    }

    static double read(GeneratorOptional generator) {
      return drawn(generator).item_double();
    }

    static Tensor likeAnother(Tensor images) {
      return torch.zeros_like(images);
    }
  }

  /** A generator of the CPU cannot draw into a tensor on a GPU: such a call throws there. */
  @Test
  void generators_drawIntoFreshTensorsOnly() {
    noDrawsIntoTensors(COMPUTING).check(ALL);
  }

  @Test
  void drawsIntoTensors_areFound() {
    JavaClasses offender = new ClassFileImporter().importClasses(DrawOffender.class);

    assertThatThrownBy(() -> noDrawsIntoTensors(ROOT + "examples").check(offender))
        .isInstanceOf(AssertionError.class)
        .hasMessageContaining("Tensor.normal_(")
        .hasMessageNotContaining("torch.randn(");
  }

  static final class DrawOffender {
    static void draw(Tensor images, GeneratorOptional generator) {
      images.normal_(0, 1, generator);
      torch.randn(new long[] {3}, generator, new org.bytedeco.pytorch.TensorOptions());
    }
  }

  private static ArchRule noDrawsIntoTensors(String... packages) {
    return noClasses()
        .that()
        .resideInAnyPackage(packages)
        .and()
        .doNotHaveFullyQualifiedName(Tensors.class.getName()) // draws into what it has just made
        .should()
        .callMethodWhere(describe("a draw into a tensor", DeviceRulesTest::drawsIntoTensor))
        .because("draws are made in host memory and placed, so that every device agrees");
  }

  private static boolean drawsIntoTensor(JavaMethodCall call) {
    List<String> arguments =
        call.getTarget().getRawParameterTypes().stream().map(JavaClass::getSimpleName).toList();
    return call.getTargetOwner().getPackageName().startsWith("org.bytedeco.pytorch")
        && arguments.stream().anyMatch(type -> type.startsWith("Generator"))
        && (call.getTargetOwner().getSimpleName().equals("Tensor") || arguments.contains("Tensor"));
  }

  /** The address of a GPU's memory is none that Java can read: the process would end. */
  @Test
  void memory_isReadThroughPointersInFewPlaces() {
    Set<String> callers = new TreeSet<>();
    for (JavaClass type : ALL) {
      type.getAccessesFromSelf().stream()
          .filter(READS_MEMORY)
          .forEach(access -> callers.add(HostTensors.name(access.getOrigin())));
    }

    assertThat(callers).containsExactlyElementsOf(new TreeSet<>(HostMemory.POINTERS));
  }

  private static final DescribedPredicate<JavaAccess<?>> READS_MEMORY =
      describe(
          "memory through a pointer",
          access -> {
            String method = access.getTarget().getName();
            String owner = access.getTargetOwner().getSimpleName();
            return owner.equals("Tensors")
                ? method.matches("bytesOf|window")
                : owner.matches("Tensor|TensorBase|AbstractTensor")
                    && method.matches("(const_|mutable_)?data_ptr.*|create(Buffer|Indexer)");
          });
}
