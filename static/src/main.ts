import './tokens.css';
import './ui/field.css';
import { createApp } from 'vue';
import { createWebHistory } from 'vue-router';
import App from './App.vue';
import { browserEntrance } from './ui/app/entrance';
import { createFieldRouter } from './ui/app/router';
import { watchForUpdates } from './ui/app/update';
import { createSession, SESSION_KEY } from './ui/core/session';

const session = createSession(browserEntrance);
const app = createApp(App);
app.provide(SESSION_KEY, session);
app.use(createFieldRouter(createWebHistory(import.meta.env.BASE_URL), session));
app.mount('#app');
watchForUpdates();
