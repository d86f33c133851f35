import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import org.mustangproject.ZUGFeRD.Profiles;
import org.mustangproject.ZUGFeRD.ZUGFeRDExporterFromA3;

/** Mustang puts an XML into a PDF, again and again in one warm process: CPU nanoseconds of each round, one a line. */
public class Combine {
    public static void main(String[] arguments) throws Exception {
        var cpu = ManagementFactory.getThreadMXBean();
        byte[] xml = Files.readAllBytes(Path.of(arguments[1]));
        for (int round = 0; round < Integer.parseInt(arguments[3]); round++) {
            long start = cpu.getCurrentThreadCpuTime();
            try (var exporter = new ZUGFeRDExporterFromA3()) {
                exporter.ignorePDFAErrors().setZUGFeRDVersion(2).setProfile(Profiles.getByName("EN16931"));
                exporter.load(arguments[0]);
                exporter.setXML(xml);
                exporter.export(arguments[2]);
            }
            System.out.println(cpu.getCurrentThreadCpuTime() - start);
        }
    }
}
