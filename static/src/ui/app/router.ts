import { createRouter, type RouteRecordRaw, type RouterHistory } from 'vue-router';
import Attendance from '../attendance/Attendance.vue';
import Basics from '../basics/Basics.vue';
import Closing from '../closing/Closing.vue';
import { flushAll } from '../core/saver';
import type { Session } from '../core/session';
import { tell } from '../core/undo';
import Findings from '../findings/Findings.vue';
import Frame from '../inspection/Frame.vue';
import Home from '../inspection/Home.vue';
import Late from '../late/Late.vue';
import Merits from '../merits/Merits.vue';
import Points from '../points/Points.vue';
import Rescue from '../rescue/Rescue.vue';
import OnBehalf from '../score/OnBehalf.vue';
import Score from '../score/Score.vue';
import Signatures from '../signatures/Signatures.vue';
import Sync from '../sync/Sync.vue';
import VisitSync from '../sync/VisitSync.vue';
import Tests from '../tests/Tests.vue';
import BeforeLeaving from '../visits/BeforeLeaving.vue';
import Visits from '../visits/Visits.vue';
import ChangePin from './ChangePin.vue';
import SignIn from './SignIn.vue';

// Nothing is loaded lazily: a tablet that lost its network must not miss a part of the app.
const inspection: RouteRecordRaw[] = [
  { path: '', name: 'visit', component: Home },
  { path: 'basics', name: 'basics', component: Basics },
  { path: 'attendance', name: 'attendance', component: Attendance },
  { path: 'findings/:finding?', name: 'findings', component: Findings },
  { path: 'merits', name: 'merits', component: Merits },
  { path: 'tests', name: 'tests', component: Tests },
  { path: 'score', name: 'score', component: Score },
  { path: 'on-behalf/:member?', name: 'on-behalf', component: OnBehalf },
  { path: 'points/:finding?', name: 'points', component: Points },
  {
    path: 'signatures/:signer?',
    name: 'signatures',
    component: Signatures,
  },
  { path: 'closing', name: 'closing', component: Closing },
  { path: 'late', name: 'late', component: Late },
  { path: 'sync', name: 'visit-sync', component: VisitSync },
];

const routes: RouteRecordRaw[] = [
  { path: '/', redirect: { name: 'visits' } },
  { path: '/sign-in', name: 'sign-in', component: SignIn, meta: { open: true } },
  { path: '/visits', name: 'visits', component: Visits },
  { path: '/before-leaving', name: 'before-leaving', component: BeforeLeaving },
  { path: '/sync', name: 'sync', component: Sync },
  { path: '/pin', name: 'pin', component: ChangePin },
  { path: '/rescue', name: 'rescue', component: Rescue, meta: { open: true } },
  { path: '/visits/:id', component: Frame, children: inspection },
  { path: '/:rest(.*)*', redirect: { name: 'visits' } },
];

export function createFieldRouter(history: RouterHistory, session: Session) {
  const router = createRouter({
    history,
    routes,
    scrollBehavior: (_to, _from, saved) => saved ?? { top: 0 },
  });
  router.beforeEach(async (to) => {
    // Before an open page nobody has to stand at the door.
    const mayAsk = to.meta.open !== true;
    if (session.engine.value !== null || (await session.resume(mayAsk)) || to.meta.open) return true;
    return { name: 'sign-in', query: to.fullPath === '/visits' ? {} : { next: to.fullPath } };
  });
  let warned = '';
  router.beforeEach(async (to, from) => {
    if (from.matched.length === 0 || (await flushAll()) || warned === to.fullPath) return true;
    warned = to.fullPath;
    tell('這一頁有資料沒存成。請看紅字改正；再按一次就離開，不保留沒存成的部分。');
    return false;
  });
  return router;
}
